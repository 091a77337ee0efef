package io.bivouac.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.apiguardian.api.API;
import org.junit.jupiter.api.extension.ExtendWith;

/** Options for the containers of a test class. Classes without it have the defaults. */
@Documented
@Inherited
@Target({ElementType.TYPE, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(ProvisionExtension.class)
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public @interface Bivouac {
    /** When the containers of a test are captured into a capsule; the property {@code bivouac.capture} overrides it. */
    CaptureMode capture() default CaptureMode.ON_FAILURE;
}
