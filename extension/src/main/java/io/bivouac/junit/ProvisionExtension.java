package io.bivouac.junit;

import io.bivouac.engine.BivouacException;
import io.bivouac.engine.Capture;
import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.engine.Failure;
import io.bivouac.engine.UnsupportedHostException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestInstanceFactoryContext;
import org.junit.jupiter.api.extension.TestInstancePreConstructCallback;
import org.opentest4j.TestAbortedException;

/**
 * Starts what {@link Provision} asks for and keeps what a failure leaves. All state lives in JUnit's stores: containers are
 * closed when their scope is, in parallel execution too.
 */
final class ProvisionExtension
        implements TestInstancePreConstructCallback,
                BeforeAllCallback,
                BeforeEachCallback,
                AfterTestExecutionCallback,
                LifecycleMethodExecutionExceptionHandler,
                ParameterResolver {
    private static final Namespace NAMESPACE = Namespace.create(ProvisionExtension.class);
    private static final String INJECTED = "injected instances";

    /** Static containers are up before the instance is made: what builds it may want to know their ports. */
    @Override
    public void preConstructTestInstance(TestInstanceFactoryContext factoryContext, ExtensionContext context) {
        context.getTestClass().ifPresent(type -> startStatic(type, classContext(context)));
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        Class<?> type = context.getRequiredTestClass();
        startStatic(type, context);
        boolean instanceLives = context.getTestInstanceLifecycle().equals(Optional.of(Lifecycle.PER_CLASS));
        if (instanceLives) {
            Object instance = context.getRequiredTestInstance();
            injected(context).add(instance);
            startFields(instance.getClass(), instance, context);
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        for (Object instance : context.getRequiredTestInstances().getAllInstances()) {
            if (!isInjected(instance, context)) {
                startFields(instance.getClass(), instance, context);
            }
        }
    }

    private static ExtensionContext classContext(ExtensionContext context) {
        ExtensionContext found = context;
        while (found.getTestMethod().isPresent() && found.getParent().isPresent()) {
            found = found.getParent().get();
        }
        return found;
    }

    private void startStatic(Class<?> type, ExtensionContext context) {
        // Once for the class, whichever callback comes first.
        String key = "static " + type.getName();
        Boolean done = store(context).get(key, Boolean.class);
        if (done == null) {
            store(context).put(key, true);
            start(type, field -> Modifier.isStatic(field.getModifiers()), null, context);
        }
    }

    private void startFields(Class<?> type, Object instance, ExtensionContext context) {
        start(type, field -> !Modifier.isStatic(field.getModifiers()), instance, context);
    }

    private void start(Class<?> type, Predicate<Field> filter, @Nullable Object instance, ExtensionContext context) {
        List<ProvisionedField> fields = ProvisionedField.of(type, filter);
        if (fields.isEmpty()) {
            return;
        }
        List<ContainerSpec> specs = fields.stream().map(ProvisionedField::spec).toList();
        List<Container> containers = startAll(specs, context);
        Provisions provisions = provisions(context);
        containers.forEach(provisions::add);
        for (int i = 0; i < fields.size(); i++) {
            fields.get(i).inject(instance, containers.get(i));
        }
    }

    private static List<Container> startAll(List<ContainerSpec> specs, ExtensionContext context) {
        try {
            Engine engine = engine(context);
            return specs.size() == 1 ? List.of(engine.start(specs.get(0))) : engine.startAll(specs);
        } catch (UnsupportedHostException e) {
            if (new Settings(context).skipsUnsupported()) {
                throw new TestAbortedException(String.valueOf(e.getMessage()), e);
            }
            throw e;
        }
    }

    private static Store store(ExtensionContext context) {
        return context.getStore(NAMESPACE);
    }

    private static Engine engine(ExtensionContext context) {
        EngineOptions options = new Settings(context).engineOptions();
        return context.getRoot()
                .getStore(NAMESPACE)
                .getOrComputeIfAbsent(options, key -> EngineLease.acquire(options), EngineLease.class)
                .engine();
    }

    /** The containers of this very scope; a store also answers with what its parents hold, so the scope is in the key. */
    private static Provisions provisions(ExtensionContext context) {
        return store(context)
                .getOrComputeIfAbsent(
                        "containers of " + context.getUniqueId(), key -> new Provisions(), Provisions.class);
    }

    @SuppressWarnings("unchecked") // nothing else is stored under the key
    private static Set<Object> injected(ExtensionContext context) {
        String key = INJECTED + " of " + context.getUniqueId();
        return (Set<Object>) store(context)
                .getOrComputeIfAbsent(
                        key,
                        absent -> Collections.synchronizedSet(Collections.newSetFromMap(new IdentityHashMap<>())),
                        Set.class);
    }

    /** An instance that lives as long as its class got its containers there. */
    private static boolean isInjected(Object instance, ExtensionContext context) {
        for (Optional<ExtensionContext> scope = Optional.of(context);
                scope.isPresent();
                scope = scope.get().getParent()) {
            if (injected(scope.get()).contains(instance)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean supportsParameter(ParameterContext parameterContext, ExtensionContext context) {
        Parameter parameter = parameterContext.getParameter();
        return parameter.getType() == Engine.class || parameterContext.isAnnotated(Provision.class);
    }

    @Override
    public Object resolveParameter(ParameterContext parameterContext, ExtensionContext context) {
        Parameter parameter = parameterContext.getParameter();
        if (parameterContext.getDeclaringExecutable() instanceof Constructor) {
            throw new ParameterResolutionException("Containers cannot be injected into the constructor of "
                    + parameterContext.getDeclaringExecutable().getName()
                    + ": no scope would ever close them. Annotate a field, or a parameter of a method.");
        }
        if (parameter.getType() == Engine.class) {
            return engine(context);
        }
        String where = "@Provision on parameter " + parameterContext.getIndex() + " of "
                + parameterContext.getDeclaringExecutable().getDeclaringClass().getSimpleName() + "."
                + parameterContext.getDeclaringExecutable().getName();
        ProvisionedField.requireContainer(parameter.getType(), where, "parameter");
        Provision provision = ProvisionedField.onlyProvision(parameter, where);
        ContainerSpec spec = AnnotationSpecs.of(provision, where, defaultName(parameter, provision));
        Container container = startAll(List.of(spec), context).get(0);
        provisions(context).add(container);
        return container;
    }

    /** Names of parameters are there only when the tests were compiled with -parameters; otherwise the image's says more. */
    private static String defaultName(Parameter parameter, Provision provision) {
        if (parameter.isNamePresent()) {
            return parameter.getName();
        }
        String repository = provision.image().replaceFirst("@.*$", "").replaceFirst(":[^:/]*$", "");
        return repository.substring(repository.lastIndexOf('/') + 1);
    }

    /** At the failing assertion, before any teardown of the user's has touched anything. */
    @Override
    public void afterTestExecution(ExtensionContext context) {
        CaptureMode mode = new Settings(context).captureMode();
        Throwable failure = context.getExecutionException().orElse(null);
        if (mode == CaptureMode.ALWAYS || (mode == CaptureMode.ON_FAILURE && isFailure(failure))) {
            capture(context, failure);
        }
    }

    private static boolean isFailure(@Nullable Throwable throwable) {
        return throwable != null && !(throwable instanceof TestAbortedException);
    }

    @Override
    public void handleBeforeAllMethodExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        captureFailure(context, failure);
        throw failure;
    }

    @Override
    public void handleBeforeEachMethodExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        captureFailure(context, failure);
        throw failure;
    }

    @Override
    public void handleAfterEachMethodExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        captureFailure(context, failure);
        throw failure;
    }

    @Override
    public void handleAfterAllMethodExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        captureFailure(context, failure);
        throw failure;
    }

    private static void captureFailure(ExtensionContext context, Throwable failure) {
        if (isFailure(failure) && new Settings(context).captureMode() != CaptureMode.NEVER) {
            capture(context, failure);
        }
    }

    /** Once for a scope: a failure in teardown that follows another one has nothing to add. */
    private static void capture(ExtensionContext context, @Nullable Throwable failure) {
        String key = "captured " + context.getUniqueId();
        List<Container> visible = visible(context);
        if (visible.isEmpty() || store(context).get(key) != null) {
            return;
        }
        store(context).put(key, true);
        Throwable cause = failure != null ? failure : new PassedNotice();
        try {
            Engine engine = engine(context);
            try (Capture capture = engine.capsules().capture(visible)) {
                String test = testName(context);
                Failure facts = Failure.of(context.getUniqueId(), test, cause);
                String line = new CapsuleWriter(engine.capsules(), new Settings(context).capsules())
                        .write(capture, facts, test);
                cause.addSuppressed(new CapsuleNotice(line));
                System.out.println(line);
            }
        } catch (BivouacException e) {
            // The test's own failure is what matters; that it could not be captured stands beside it.
            cause.addSuppressed(e);
            System.out.println("Bivouac could not capture " + testName(context) + ": " + e.getMessage());
        }
    }

    /** Stands in for the failure of a test that passed and is captured all the same. */
    private static final class PassedNotice extends Exception {
        private static final long serialVersionUID = 1L;

        private PassedNotice() {
            super("the test passed", null, true, false);
        }
    }

    private static String testName(ExtensionContext context) {
        String type = context.getTestClass().map(Class::getSimpleName).orElse("tests");
        return context.getTestMethod()
                .map(method -> type + "." + method.getName())
                .orElse(type);
    }

    /** Containers of this scope and of those around it, the outermost first. */
    private static List<Container> visible(ExtensionContext context) {
        List<Container> visible = new ArrayList<>();
        for (Optional<ExtensionContext> scope = Optional.of(context);
                scope.isPresent();
                scope = scope.get().getParent()) {
            Provisions provisions =
                    store(scope.get()).get("containers of " + scope.get().getUniqueId(), Provisions.class);
            if (provisions != null) {
                visible.addAll(0, provisions.containers());
            }
        }
        return visible;
    }
}
