"""Both packages behind nginx, with the settings that the documentation shows; where nginx is installed."""

import shutil
import socket
import subprocess
import time

import pytest

from tests.page.published import PACKAGE, RUNTIME, unpack_packages
from tests.page.test_published import BOOT, CHAT, SEND, browse, complaints
from tests.server import TestServer
from tools.sources import ROOT

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
SETTINGS = """
daemon off; master_process off; error_log {folder}/error.log; pid {folder}/pid;
events {{ worker_connections 64; }}
http {{
  access_log {folder}/access.log;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  {server}
}}
"""


@pytest.fixture
def host(tmp_path):
    unpack_packages(tmp_path / "packages")
    site = tmp_path / "site"
    site.mkdir()
    (tmp_path / "packages" / PACKAGE).rename(site / "staysail")
    (tmp_path / "packages" / RUNTIME).rename(site / "staysail-runtime")
    for path in site.rglob("*.gz"):
        path.unlink()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = (ROOT / "examples/hosting/nginx.conf").read_text("utf-8").replace("/srv/site", str(site)).replace(":8080", f":{port}")
    (tmp_path / "nginx.conf").write_text(SETTINGS.format(folder=tmp_path, server=server), "utf-8")
    process = subprocess.Popen([NGINX, "-c", tmp_path / "nginx.conf", "-e", tmp_path / "error.log"])
    for _ in range(100):
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield site, f"http://127.0.0.1:{port}/", tmp_path / "access.log"
    process.terminate()
    process.wait()


@pytest.mark.thorough
@pytest.mark.skipif(not NGINX, reason="nginx is not installed")
def test_nginx_serves_a_chat_and_the_snapshot_and_later_visits_ask_for_little(host):
    site, url, log = host
    with TestServer() as provider, browse("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1") as driver:
        box = provider.box({"text": "Ahoy."}, {"text": "Ahoy again."})
        page = CHAT.format(dist="/staysail/dist", integrity="", provider=box.url)
        (site / "page.html").write_text(page.replace("<staysail-chat ", '<staysail-chat runtime-url="/staysail-runtime/" '), "utf-8")
        (site / "empty.html").write_text("<!doctype html><title>A page</title>", "utf-8")
        driver.get(f"{url}empty.html")
        told = driver.execute_async_script(BOOT, f"{url}staysail/dist/staysail.js", {"runtimeURL": f"{url}staysail-runtime/"})
        assert (told.get("restored"), told.get("sum")) == (True, 6), told
        assert driver.execute_script("return crossOriginIsolated")
        assert complaints(driver) == []
        driver.get(f"{url}page.html")
        assert "Ahoy." in driver.execute_async_script(SEND)
        time.sleep(3)
        log.write_text("")
        driver.get("about:blank")
        driver.get(f"{url}page.html")
        assert "Ahoy again." in driver.execute_async_script(SEND)
        asked = [line for line in log.read_text().splitlines() if ".html" not in line and "favicon" not in line]
        assert 3 <= len(asked) <= 6, asked
