"""Configuring by hand, as the README says it."""
import subprocess

from conftest import ROOT


def configure(folder, *arguments):
    return subprocess.run(["cmake", "-S", ROOT, "-B", folder, *arguments], capture_output=True, text=True, timeout=600, check=False)


def cached(folder, name):
    return next(line.split("=", 1)[1] for line in (folder / "CMakeCache.txt").read_text().splitlines()
                if line.startswith(f"{name}:"))


def test_without_googletest_the_tests_are_left_out_with_a_word_on_what_they_need(tmp_path):
    ran = configure(tmp_path, "-G", "Ninja", "-DGATEWAY_TESTS=ON", "-DCMAKE_DISABLE_FIND_PACKAGE_GTest=ON")
    assert ran.returncode == 0, ran.stderr
    assert "Building without tests, which need GoogleTest and Python 3 (Debian: apt-get install libgtest-dev" in ran.stdout


def test_the_preset_asks_for_nothing_that_the_packages_do_not_bring(tmp_path):
    ran = configure(tmp_path, "--preset", "release")
    assert ran.returncode == 0, ran.stderr
    assert cached(tmp_path, "CMAKE_GENERATOR") == "Ninja"
    assert cached(tmp_path, "GATEWAY_TESTS") == "OFF"
