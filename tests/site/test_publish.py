"""The ways to publish the site that the README names."""

import re
import subprocess


def git(folder, *command):
    return subprocess.run(["git", *command], cwd=folder, check=True, capture_output=True, text=True).stdout


def test_gh_deploy_pushes_the_site(project, tmp_path, monkeypatch):
    for name in ("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"):
        monkeypatch.setenv(name, "somebody@example.org")
    git(tmp_path, "init", "--bare", "remote")
    git(project.root, "init")
    git(project.root, "commit", "--allow-empty", "--message", "A project")
    git(project.root, "remote", "add", "origin", str(tmp_path / "remote"))
    code, log = project.mkdocs("gh-deploy")
    assert code == 0, log
    pushed = git(tmp_path / "remote", "ls-tree", "-r", "--name-only", "gh-pages").split()
    assert {"index.html", "404.html", "notebooks/probe/index.html", ".nojekyll"} <= set(pushed)


def test_the_page_for_what_is_not_found_works_at_any_depth_of_the_address(project):
    code, log = project.mkdocs("build", SITE_URL="https://example.org/some/path/")
    assert code == 0, log
    links = re.findall(r'(?:href|src)="?([^" >]+)', (project.site / "404.html").read_text())
    links = [link for link in links if not link.startswith(("#", "https:", "javascript:"))]
    assert len(links) > 5
    assert not [link for link in links if not link.startswith("/some/path/")]


def test_live_code_is_left_out_with_a_sentence_where_npm_is_missing(project, tmp_path):
    code, log = project.mkdocs("build", LIVE="true", PATH=str(tmp_path))
    assert code == 0, log
    assert "built without live code: npm is not installed" in log
    assert not (project.site / "live").exists()
    assert "live.js" not in (project.site / "index.html").read_text()


def test_a_changed_package_ends_the_build_with_a_sentence(project):
    changed = project.root / ".cache/live/pyodide-0-24-1.tgz"
    changed.parent.mkdir(parents=True)
    changed.write_bytes(b"something else")
    code, log = project.mkdocs("build", LIVE="true")
    assert code == 1
    assert "pyodide@0.24.1 has another SHA-512 than docs/packages/pyodide.py expects" in log
    assert str(changed) in log
