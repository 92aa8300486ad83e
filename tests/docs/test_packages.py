"""The README lists the packages that quickstart.sh installs for a build."""
import re
import subprocess

from documents import ROOT, Document


def listed(name):
    shown = subprocess.run(["bash", "-c", f'source scripts/packages.sh; printf "%s\\n" "${{{name}[@]}}"'], cwd=ROOT,
                           capture_output=True, text=True, check=True)
    return shown.stdout.split()


def test_the_readme_installs_what_a_build_needs_and_nothing_else():
    installing = [command.text for command in Document(ROOT / "README.md").commands() if "apt-get install" in command.text]
    assert len(installing) == 1
    assert sorted(re.sub(r".*install( -y)?", "", installing[0]).split()) == sorted(listed("build_packages"))
