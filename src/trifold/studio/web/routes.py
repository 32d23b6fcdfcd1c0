"""Addresses of pages by their names, of which a page of a long list has hundreds."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import URLPath
from starlette.routing import BaseRoute, NoMatchFound, Router


class NamedRoutes(Router):
    """Looks a link's page up by its name; Starlette's own tries every route for every link."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._named: dict[str, list[BaseRoute]] = {}
        for route in self.routes:
            self._named.setdefault(str(getattr(route, "name", "")), []).append(route)

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """The address of a page; of pages of one name that of the first with these parts.

        Raises:
            NoMatchFound: when there is none.
        """
        for route in self._named.get(name, ()):
            try:
                return route.url_path_for(name, **path_params)
            except NoMatchFound:
                continue
        raise NoMatchFound(name, path_params)
