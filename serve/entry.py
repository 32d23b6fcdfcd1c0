"""All the code that an archive carries: the rest is the installed package's, whatever its age."""

from serve.handler import handle

__all__ = ["handle"]
