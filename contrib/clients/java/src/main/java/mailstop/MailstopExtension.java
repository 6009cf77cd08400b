package mailstop;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store.CloseableResource;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * JUnit 5: a test method with a parameter Mailstop gets what comes from now on. There is one
 * server for the whole run; a test that runs beside others asks for inbox(name), and lets the
 * application log in with that name.
 *
 * <pre>
 * {@literal @}ExtendWith(MailstopExtension.class)
 * class SignUpTest {
 *     {@literal @}Test void welcomes(Mailstop mailstop) { ... }
 * }
 * </pre>
 */
public final class MailstopExtension implements ParameterResolver {
    /* JUnit closes what is in the root's store after the last test. */
    private record Running(Mailstop server) implements CloseableResource {
        @Override
        public void close() {
            server.stop();
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Mailstop.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getRoot().getStore(Namespace.create(MailstopExtension.class))
                .getOrComputeIfAbsent("server", key -> new Running(Mailstop.start()),
                        Running.class)
                .server().fresh();
    }
}
