package io.bivouac.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.apiguardian.api.API;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Provides a container. On a static field: one for the class. On an instance field: one for each test, or, with
 * {@code @TestInstance(PER_CLASS)}, one for the class. On a parameter of a test or lifecycle method: one for that method. On
 * another annotation: that one provides the container.
 *
 * <pre>{@code
 * class OrdersTest {
 *     @Provision(image = "postgres:15", env = "POSTGRES_PASSWORD=test", ports = 5432,
 *                waitFor = @WaitFor(log = "ready to accept connections", times = 2))
 *     static Container db;
 * }
 * }</pre>
 *
 * <p>Containers of one scope start in parallel and are ready when they are injected. Fields of superclasses count as well. The
 * field must be of type {@link io.bivouac.engine.Container} and not final.
 */
@Documented
@Target({ElementType.FIELD, ElementType.PARAMETER, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(ProvisionExtension.class)
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public @interface Provision {
    /** A tag, a digest or an image's id. */
    String image();

    /**
     * What messages and capsules call the container; default: the name of the field, or of the parameter where tests are compiled
     * with {@code -parameters}, else of the image.
     */
    String name() default "";

    /** Replaces the image's command. */
    String[] command() default {};

    /** Replaces the image's entrypoint, and with it the image's command. */
    String[] entrypoint() default {};

    /** Variables, each {@code KEY=value}. */
    String[] env() default {};

    /** TCP ports to publish on free ports of 127.0.0.1. */
    int[] ports() default {};

    /** When the container is ready; all must hold. Default, with ports: that each is listened on. */
    WaitFor[] waitFor() default {};

    /** The most memory the container may use, such as {@code 512m}; default: as much as the host has. */
    String memory() default "";

    /** Processors' worth of time the container may use, such as 1.5; default: all the host has. */
    double cpus() default 0;

    /** How long all waits together may take, such as {@code 90s} or {@code 2m}; default 60 s. */
    String startupTimeout() default "";
}
