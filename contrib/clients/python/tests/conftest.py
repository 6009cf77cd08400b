pytest_plugins = ["mailstop.pytest_plugin", "pytester"]
