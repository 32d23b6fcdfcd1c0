"""What large imports leave behind."""

from __future__ import annotations

import gc

import pytest

from trifold.runtime.fast_imports import large_imports


@pytest.mark.parametrize("was_on", [True, False])
def test_the_search_for_garbage_is_as_it_was(was_on: bool) -> None:
    (gc.enable if was_on else gc.disable)()
    try:
        with pytest.raises(ImportError, match="no_such_library"), large_imports():
            _import_while_nothing_is_searched()
        assert gc.isenabled() == was_on
    finally:
        gc.enable()


def _import_while_nothing_is_searched() -> None:
    assert not gc.isenabled()
    import no_such_library  # noqa: F401


def test_what_was_imported_is_searched_no_more_and_later_garbage_is() -> None:
    with large_imports():
        imported = [[]]
    assert gc.get_freeze_count() > 0
    assert not any(known is imported for known in gc.get_objects())
    later = [[]]
    assert any(known is later for known in gc.get_objects())
