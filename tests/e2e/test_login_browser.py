"""The login page as somebody has it on a phone: headless Chromium with a
phone's screen and touch. Only the browser takes the certificate as
it is; who signs in gets back to the device by its own URL scheme."""

import json
import os
import shutil
import tempfile
import urllib.parse

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

import processes
from test_accounts import (HAND_BACK, LOGIN, PASSWORD, fetch, new_user,
                           settings)

WIDTH, HEIGHT = 390, 844
TRIED = ("lighttpd", "apache")


class Phone:
    def __init__(self, server, width=WIDTH, height=HEIGHT,
                 scripts=True):
        self.server = server
        self.folder = tempfile.mkdtemp(prefix="mrg-web-", dir="/tmp")
        o = webdriver.ChromeOptions()
        o.binary_location = shutil.which("chromium")
        for arg in ("headless=new", "ignore-certificate-errors", "disable-gpu",
                    "disable-dev-shm-usage", "disable-background-networking",
                    "host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost",
                    "user-data-dir=" + os.path.join(self.folder, "data")):
            o.add_argument("--" + arg)
        if os.geteuid() == 0:
            o.add_argument("--no-sandbox")
        o.add_experimental_option("mobileEmulation", {"deviceMetrics": {
            "width": width, "height": height, "pixelRatio": 3.0,
            "touch": True, "mobile": True}})
        if not scripts:
            o.add_experimental_option("prefs", {
                "profile.managed_default_content_settings.javascript": 2})
        o.set_capability("goog:loggingPrefs",
                         {"performance": "ALL", "browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service(
            shutil.which("chromedriver"),
            log_path=os.path.join(self.folder, "log")), options=o)
        self.driver.set_page_load_timeout(30)
        self.driver.implicitly_wait(10)

    def close(self):
        self.driver.quit()
        shutil.rmtree(self.folder, ignore_errors=True)

    def cdp(self, method, **arguments):
        return self.driver.execute_cdp_cmd(method, arguments)

    def value(self, expression):
        """Of the page."""
        r = self.cdp("Runtime.evaluate", expression=expression,
                     returnByValue=True)
        assert "exceptionDetails" not in r, r
        return r["result"].get("value")

    def open(self, identifier=None):
        query = "" if identifier is None else "?" + urllib.parse.urlencode(
            {"user-identifier": identifier, "model-family": "iPhone"},
            quote_via=urllib.parse.quote)
        self.driver.get("https://localhost:%d%s%s" % (
            self.server.port, LOGIN, query))
        return self

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def type(self, password):
        self.find("#password").send_keys(password)
        return self

    def scheme(self, which):
        self.cdp("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": which}])

    def network(self):
        """What the browser did since it was asked last."""
        return [json.loads(line["message"])["message"]
                for line in self.driver.get_log("performance")]

    def complaints(self):
        return [line["message"] for line in self.driver.get_log("browser")
                if line["source"] in ("security", "javascript")]


@pytest.fixture(scope="module")
def phones(pool):
    made = {}

    def get(flavour):
        if flavour not in made:
            made[flavour] = Phone(pool.get(flavour, **settings()))
        return made[flavour]

    yield get
    for phone in made.values():
        phone.close()


@pytest.fixture
def phone(phones):
    return phones("lighttpd")


def box(phone, selector):
    return phone.value("""(() => { const r = document.querySelector(%s)
        .getBoundingClientRect(); return {left: r.left, right: r.right,
        top: r.top, bottom: r.bottom, height: r.height}; })()"""
                       % json.dumps(selector))


def test_fits_the_screen(phone):
    phone.open("ada@example.com")
    assert phone.value("devicePixelRatio") == 3
    assert phone.value("innerWidth") == WIDTH
    assert phone.value("document.documentElement.scrollWidth") <= WIDTH
    boxes = [box(phone, s) for s in ("h1", "label[for=name]", "#name",
                                     "label[for=password]", "#password",
                                     "button")]
    for b in boxes:
        assert 0 <= b["left"] < b["right"] <= WIDTH, b
        assert 0 <= b["top"] < b["bottom"] <= HEIGHT, b
    for above, below in zip(boxes, boxes[1:]):
        assert above["bottom"] <= below["top"] + 0.5, (above, below)
    for selector in ("#name", "#password", "button"):
        assert box(phone, selector)["height"] >= 44
        # Below 16 an iPhone zooms in.
        assert phone.value("parseFloat(getComputedStyle(document."
                           "querySelector('%s')).fontSize)" % selector) >= 16
    assert phone.find("#name").accessible_name == "Account"
    assert phone.find("#password").accessible_name == "Password"
    assert phone.find("#name").get_attribute("value") == "ada@example.com"
    assert phone.complaints() == []


def test_small_screen_and_long_words(pool):
    """An organization's name without a blank, on the smallest iPhone."""
    phone = Phone(pool.get("lighttpd", **settings(organization="W" * 60)),
                  320, 568)
    try:
        phone.open("x" * 200 + "@example.com")
        phone.find("#password").send_keys("x" * 30, Keys.ENTER)
        assert phone.find("[role=alert]").is_displayed()
        assert phone.value("innerWidth") == 320
        assert phone.value("document.documentElement.scrollWidth") <= 320
    finally:
        phone.close()


def test_hostile_identifier(phone):
    for text in ("<script>document.title='x'</script>",
                 '"><img src=x onerror="document.title=1">', "a+b@example.com",
                 "&lt;&#39;"):
        phone.open(text)
        assert phone.find("#name").get_attribute("value") == text
        assert phone.driver.title == "Sign in"
        assert phone.value("document.images.length + document.scripts.length"
                           ) == 0


def luminance(colour):
    parts = colour[colour.index("(") + 1:-1].split(",")
    assert len(parts) == 3 or float(parts[3]) == 1, colour
    r, g, b = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4
               for v in (float(p) / 255 for p in parts[:3]))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one, other):
    """WCAG 2.2, 1.4.3."""
    a, b = sorted((luminance(one), luminance(other)))
    return (b + 0.05) / (a + 0.05)


def colour(phone, selector, what):
    return phone.value("getComputedStyle(document.querySelector('%s')).%s"
                       % (selector, what))


def canvas(phone):
    """What is behind everything."""
    return phone.value("""(() => { const e = document.createElement("i");
        e.style.background = "Canvas"; document.body.append(e);
        const c = getComputedStyle(e).backgroundColor; e.remove();
        return c; })()""")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(phone, scheme):
    phone.scheme(scheme)
    phone.open("nobody@example.com").type("wrong password")
    phone.find("button").click()
    assert phone.find("[role=alert]").is_displayed()
    behind = canvas(phone)
    assert (luminance(behind) < 0.1) == (scheme == "dark"), behind
    for selector in ("h1", "p", "label", ".trouble"):
        assert contrast(colour(phone, selector, "color"), behind) >= 4.5, \
            selector
    for selector in ("#name", "#password", "button"):
        assert contrast(colour(phone, selector, "color"), colour(
            phone, selector, "backgroundColor")) >= 4.5, selector
    for selector in ("#name", "#password"):
        assert contrast(colour(phone, selector, "borderTopColor"),
                        behind) >= 3
    assert contrast(colour(phone, "button", "backgroundColor"), behind) >= 3
    # Where the keyboard is.
    phone.find("#password").send_keys(Keys.TAB)
    assert contrast(colour(phone, "button", "outlineColor"), behind) >= 3
    assert colour(phone, "button", "outlineStyle") == "solid"


def handed_back(phone):
    """The token in the URL of the device's own that the browser was sent on
    to, and then wanted to open: it knows nobody for the scheme."""
    sent, wanted = [], []
    for _ in processes.deadline(20, "the way back to the device"):
        for m in phone.network():
            p = m["params"]
            if m["method"] == "Network.responseReceivedExtraInfo" and \
                    p["statusCode"] == 308:
                sent.append(p["headers"]["location"])
            if m["method"] == "Page.frameNavigated":
                wanted.append(p["frame"].get("unreachableUrl"))
        if wanted:
            break
    assert len(sent) == 1 and wanted == sent
    assert sent[0].startswith(HAND_BACK)
    return sent[0][len(HAND_BACK):]


@pytest.mark.parametrize("web", TRIED)
def test_signing_in(phones, web):
    phone = phones(web)
    name = new_user(phone.server)
    phone.open(name).network()
    phone.type("wrong password")
    phone.find("button").click()
    alert = phone.find("[role=alert]")
    assert alert.is_displayed() and "wrong" in alert.text
    assert phone.find("#name").get_attribute("value") == name
    assert phone.find("#password").get_attribute("value") == ""
    phone.network()
    # By the keyboard's own key.
    phone.type(PASSWORD + Keys.ENTER)
    token = handed_back(phone)
    assert phone.complaints() == []
    assert fetch(phone.server, token).status == 200


def test_without_scripts(pool):
    phone = Phone(pool.get("lighttpd", **settings()), scripts=False)
    try:
        phone.driver.get("data:text/html,<title>off</title><script>"
                         "document.title = 'on'</script>")
        assert phone.driver.title == "off"
        name = new_user(phone.server)
        phone.open(name).type("wrong password" + Keys.ENTER)
        assert phone.find("[role=alert]").is_displayed()
        phone.network()
        phone.type(PASSWORD + Keys.ENTER)
        assert fetch(phone.server, handed_back(phone)).status == 200
    finally:
        phone.close()


def test_nothing_given(phone):
    """The browser asks for it by itself; no request is made."""
    phone.open().network()
    phone.find("button").click()
    assert phone.value("document.activeElement.id") == "name"
    assert not [m for m in phone.network()
                if m["method"] == "Network.requestWillBeSent"]
