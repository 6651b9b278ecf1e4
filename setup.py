"""Name the packages of the wheel: all of econsim_mesa, and the two folders shipped within it."""

from setuptools import find_packages, setup

SHIPPED = ("scenarios", "visualization")

setup(
    packages=find_packages(include=["econsim_mesa", "econsim_mesa.*"])
    + [f"econsim_mesa.{folder}" for folder in SHIPPED]
    + [f"econsim_mesa.{folder}.{name}" for folder in SHIPPED for name in find_packages(folder)]
)
