"""Name the packages of the wheel, the folders shipped within it, and the documents of a bundle."""

import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

SHIPPED = ("scenarios", "visualization")
DOCUMENTS = ("ODD.md", "LIMITS.md", "LICENSE", "CITATION.cff")


class BuildWithDocuments(build_py):
    """Puts the documents that stand in every bundle beside the module that copies them there."""

    def run(self):
        """Build as ever, then copy; an editable installation finds them where they are."""
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib) / "econsim_mesa" / "runs" / "bundle" / "documents"
            target.mkdir(parents=True, exist_ok=True)
            for name in DOCUMENTS:
                shutil.copyfile(name, target / name)


setup(
    packages=find_packages(include=["econsim_mesa", "econsim_mesa.*"])
    + [f"econsim_mesa.{folder}" for folder in SHIPPED]
    + [f"econsim_mesa.{folder}.{name}" for folder in SHIPPED for name in find_packages(folder)],
    cmdclass={"build_py": BuildWithDocuments},
)
