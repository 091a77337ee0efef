package io.bivouac.junit;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.apiguardian.api.API;

/**
 * One condition for readiness: exactly one of {@link #log()}, {@link #port()}, {@link #command()}, {@link #exit()} and
 * {@link #healthcheck()}.
 */
@Target({})
@Retention(RetentionPolicy.RUNTIME)
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public @interface WaitFor {
    /** A regular expression found within a line of the log. */
    String log() default "";

    /** How many lines must match {@link #log()}. */
    int times() default 1;

    /** A TCP port something inside the container listens on. */
    int port() default 0;

    /** A command that exits with 0 when run inside the container. */
    String[] command() default {};

    /** The code the container's first process must exit with: for jobs that prepare something. */
    int exit() default -1;

    /** Whether a check of the container's health, as its image has it, must have succeeded. */
    boolean healthcheck() default false;

    /** How long this condition may take, such as {@code 20s}; default: the container's start-up timeout. */
    String timeout() default "";
}
