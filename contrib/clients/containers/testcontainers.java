// Testcontainers for Java, with the image of contrib/docker/Dockerfile. Mailpit's
// own modules work too, given this image as a substitute for theirs.
import java.time.Duration;
import mailstop.Mailstop;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;

final class MailstopContainer extends GenericContainer<MailstopContainer> {
    MailstopContainer() {
        super("mailstop:latest");
        withExposedPorts(1025, 8025);
        withCommand("serve", "--memory");
        waitingFor(Wait.forHttp("/readyz").forPort(8025)
                .withStartupTimeout(Duration.ofSeconds(30)));
    }

    Mailstop mailstop() {
        return Mailstop.at("http://" + getHost() + ":" + getMappedPort(8025),
                getHost(), getMappedPort(1025));
    }
}
