"""All the code that an archive carries: the rest is the installed package's, whatever its age."""

from trifold.serve.worker.handler import handle

__all__ = ["handle"]
