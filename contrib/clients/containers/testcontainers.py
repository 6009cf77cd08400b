"""Testcontainers for Python, with the image of contrib/docker/Dockerfile."""

import contextlib

from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import HttpWaitStrategy

from mailstop import Mailstop


@contextlib.contextmanager
def mailstop_container():
    container = (DockerContainer("mailstop:latest")
                 .with_exposed_ports(1025, 8025)
                 .with_command("serve --memory")
                 .waiting_for(HttpWaitStrategy(8025, "/readyz")))
    with container:
        host = container.get_container_host_ip()
        yield Mailstop("http://%s:%s" % (host, container.get_exposed_port(8025)),
                       host, int(container.get_exposed_port(1025)))
