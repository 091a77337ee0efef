package io.bivouac.junit;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;

/** A field that asks for a container. */
record ProvisionedField(Field field, ContainerSpec spec) {
    /** All such fields of a class and its superclasses, the topmost first, checked. */
    static List<ProvisionedField> of(Class<?> testClass, Predicate<Field> filter) {
        List<ProvisionedField> fields = new ArrayList<>();
        for (Field field : AnnotationSupport.findAnnotatedFields(
                testClass, Provision.class, filter, HierarchyTraversalMode.TOP_DOWN)) {
            fields.add(of(field));
        }
        return fields;
    }

    private static ProvisionedField of(Field field) {
        String name = field.getDeclaringClass().getSimpleName() + "." + field.getName();
        String where = "@Provision on " + name;
        if (Modifier.isFinal(field.getModifiers())) {
            throw new ConfigurationException(where + ": the field is final and cannot be injected. Remove 'final'.");
        }
        requireContainer(field.getType(), where, "field");
        Provision provision = onlyProvision(field, where);
        return new ProvisionedField(field, AnnotationSpecs.of(provision, where, field.getName()));
    }

    static void requireContainer(Class<?> type, String where, String what) {
        if (type != Container.class) {
            throw new ConfigurationException(where + ": the " + what + " is of type " + type.getName() + ". It must be "
                    + Container.class.getName() + ".");
        }
    }

    /** The one annotation of an element, direct or on one of its annotations; a second would silently lose. */
    static Provision onlyProvision(AnnotatedElement element, String where) {
        Provision found = null;
        String through = "";
        for (Annotation annotation : element.getAnnotations()) {
            Provision candidate = annotation instanceof Provision provision
                    ? provision
                    : AnnotationSupport.findAnnotation(annotation.annotationType(), Provision.class)
                            .orElse(null);
            if (candidate == null) {
                continue;
            }
            String name = "@" + annotation.annotationType().getSimpleName();
            if (found != null) {
                throw new ConfigurationException(
                        where + ": it is provided twice, by " + through + " and by " + name + ". Keep one.");
            }
            found = candidate;
            through = name;
        }
        if (found == null) {
            throw new IllegalStateException(where + ": the annotation was found and is gone");
        }
        return found;
    }

    void inject(@Nullable Object instance, Container container) {
        try {
            field.setAccessible(true);
            field.set(instance, container);
        } catch (ReflectiveOperationException | RuntimeException e) {
            throw new ConfigurationException(
                    "@Provision on " + field.getDeclaringClass().getSimpleName() + "." + field.getName()
                            + ": the field cannot be set: " + e.getMessage()
                            + ". Open its package to io.bivouac.junit.",
                    e);
        }
    }
}
