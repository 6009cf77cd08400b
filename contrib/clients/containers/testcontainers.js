// Testcontainers for Node, with the image of contrib/docker/Dockerfile.
import { Mailstop } from "mailstop";
import { GenericContainer, Wait } from "testcontainers";

export async function startMailstop() {
  const container = await new GenericContainer("mailstop:latest")
    .withExposedPorts(1025, 8025)
    .withCommand(["serve", "--memory"])
    .withWaitStrategy(Wait.forHttp("/readyz", 8025))
    .start();
  const host = container.getHost();
  return {
    container,
    mailstop: new Mailstop(`http://${host}:${container.getMappedPort(8025)}`, {
      smtpHost: host,
      smtpPort: container.getMappedPort(1025),
    }),
  };
}
