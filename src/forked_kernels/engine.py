"""The papermill engine ``fork``: ``papermill --engine fork in.ipynb out.ipynb``.

papermill loads its engines while papermill itself is being imported, which may be because a module of
this package was. So this module imports nothing of papermill before the first notebook.
"""

from __future__ import annotations

from typing import Any


class ForkEngine:
    """Run a notebook in a forked kernel.

    It takes the options of papermill's own engine, ``limits`` (:class:`forked_kernels.Limits`), and ``finish``,
    which is called with the notebook that has run before papermill saves it for the last time.
    """

    @staticmethod
    def execute_notebook(nb: Any, kernel_name: str, **options: Any) -> Any:
        """Run a notebook; see ``papermill.engines.Engine.execute_notebook``."""
        from forked_kernels.running import ForkingEngine

        return ForkingEngine.execute_notebook(nb, kernel_name, **options)

    @staticmethod
    def nb_kernel_name(nb: Any, name: str | None = None) -> str:
        """Return the name of the notebook's kernel."""
        from papermill.utils import nb_kernel_name

        return nb_kernel_name(nb, name)

    @staticmethod
    def nb_language(nb: Any, language: str | None = None) -> str:
        """Return the notebook's language."""
        from papermill.utils import nb_language

        return nb_language(nb, language)
