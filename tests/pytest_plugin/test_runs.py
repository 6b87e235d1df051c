"""The plugin in runs of pytest of their own: what it loads, and how it lives with other plugins.

Where what is imported matters, the run is a process; else it is in this one, where smppcore has been imported already.
"""

import subprocess
import sys
import threading

import pytest

import smppcore.pytest_plugin  # noqa: F401  # so that the runs in this process do not import it again and again

pytest_plugins = "pytester"

IMPORTED = """
import sys, time
import pytest
before = set(sys.modules)
began = time.process_time()
import _smppcore_pytest
seconds = time.process_time() - began
names = {name.partition(".")[0] for name in set(sys.modules) - before}
print(sorted(names & {"smppcore", "asyncio", "socket", "ssl", "structlog", "threading", "concurrent", "uvloop"}))
print(seconds < 0.1)
"""

SYNCHRONOUS = """
import pytest

@pytest.mark.smpp(accounts={"shop": "secret"}, virtual_time=True)
def test_it(smpp_smsc):
    assert smpp_smsc.system_id == "shop"
    smpp_smsc.advance(1)
    assert smpp_smsc.wait_for(0) == []
"""

ASYNCHRONOUS = """
import asyncio
import pytest
{imports}

loops = set()

{marks}
class TestIt:
    async def test_one(self, smpp_smsc, smpp_esme):
        await smpp_esme.send("One", to="+393331234567", source="Shop")
        assert (await smpp_smsc.wait_for(1)).one().text == "One"
        loops.add(asyncio.get_running_loop())

    async def test_two(self, smpp_esme, smpp_smsc):
        await smpp_esme.send("Two", to="+393331234567", source="Shop")
        smpp_smsc.messages.one(text="Two")
        loops.add(asyncio.get_running_loop())

def test_how_many_loops():
    assert len(loops) == {loops}
"""


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess("-W", "error", "-p", "no:cacheprovider", *options(*arguments))


def options(*arguments: str) -> tuple[str, ...]:
    """With the option that pytest-asyncio warns about where it is not given."""
    return arguments if "no:asyncio" in arguments else (*arguments, "-o", "asyncio_default_fixture_loop_scope=function")


# -- what is loaded


def test_the_plugin_imports_nothing_of_smppcore() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORTED], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.splitlines() == ["[]", "True"]


def test_a_run_that_uses_no_fixture_imports_neither_smppcore_nor_asyncio(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        import sys

        def pytest_unconfigure(config):
            print("plugin:", config.pluginmanager.has_plugin("smppcore"))
            print("imported:", sorted({"smppcore", "asyncio", "structlog", "ssl"} & set(sys.modules)))
        """
    )
    pytester.makepyfile("def test_it():\n    pass\n")
    others = [word for name in ("asyncio", "anyio", "xdist", "xdist.looponfail") for word in ("-p", f"no:{name}")]
    result = pytester.runpytest_subprocess("-s", *others)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["plugin: True", "imported: []"])


def test_the_plugin_can_be_left_out(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(smpp_smsc):\n    pass\n")
    result = pytester.runpytest_subprocess("-p", "no:smppcore")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fixture 'smpp_smsc' not found"])


def test_the_plugin_can_be_asked_for_where_none_is_loaded_by_itself(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(SYNCHRONOUS)
    pytester.runpytest_subprocess("-W", "error", "--strict-markers", "-p", "smppcore").assert_outcomes(passed=1)


def test_the_mark_and_the_fixtures_are_documented(pytester: pytest.Pytester) -> None:
    run(pytester, "--markers").stdout.fnmatch_lines(["@pytest.mark.smpp(file, virtual_time=False, [*][*]keys): *"])
    fixtures = run(pytester, "--fixtures").stdout
    fixtures.fnmatch_lines_random(
        ["smpp_smsc -- *", "smpp_smsc_factory -- *", "smpp_smsc_process -- *", "smpp_esme -- *"]
    )


# -- other plugins


@pytest.mark.parametrize("without", [[], ["-p", "no:asyncio"], ["-p", "no:asyncio", "-p", "no:anyio"]])
def test_synchronous_tests_need_no_plugin_for_asyncio(pytester: pytest.Pytester, without: list[str]) -> None:
    pytester.makepyfile(SYNCHRONOUS)
    run(pytester, "--strict-markers", *without).assert_outcomes(passed=1)


@pytest.mark.parametrize("mode", ["auto", "strict"])
@pytest.mark.parametrize("scope", ["function", "class", "module", "session"])
def test_the_esme_is_bound_in_the_loop_of_the_test(pytester: pytest.Pytester, mode: str, scope: str) -> None:
    marks = f'@pytest.mark.asyncio(loop_scope="{scope}")'
    pytester.makepyfile(ASYNCHRONOUS.format(imports="", marks=marks, loops=2 if scope == "function" else 1))
    run(pytester, f"--asyncio-mode={mode}").assert_outcomes(passed=3)


def test_the_loop_scope_may_be_a_default(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_test_loop_scope = session\n")
    pytester.makepyfile(ASYNCHRONOUS.format(imports="", marks="", loops=1))
    run(pytester).assert_outcomes(passed=3)


def test_other_asynchronous_fixtures_may_use_the_esme(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest_asyncio

        @pytest_asyncio.fixture
        async def greeted(smpp_esme, smpp_smsc):
            await smpp_esme.send("Hello", to="+393331234567", source="Shop")
            yield smpp_smsc.messages.one()
            await smpp_esme.enquire_link()

        async def test_it(greeted):
            assert greeted.text == "Hello"
        """
    )
    run(pytester, "--asyncio-mode=auto").assert_outcomes(passed=1)


def test_tests_of_anyio_get_an_esme_as_well(pytester: pytest.Pytester) -> None:
    imports = '@pytest.fixture\ndef anyio_backend():\n    return "asyncio"\n'
    pytester.makepyfile(ASYNCHRONOUS.format(imports=imports, marks="@pytest.mark.anyio", loops=2))
    run(pytester, "--asyncio-mode=strict").assert_outcomes(passed=3)
    run(pytester, "-p", "no:asyncio").assert_outcomes(passed=3)


def test_a_session_may_run_in_several_processes(pytester: pytest.Pytester) -> None:
    tests = "".join(f"def test_{number}(smpp_smsc):\n    assert smpp_smsc.messages == []\n" for number in range(4))
    pytester.makepyfile(tests)
    pytester.runpytest_subprocess("-W", "error", *options("-n", "2")).assert_outcomes(passed=4)


def test_a_synchronous_test_is_told_that_it_cannot_have_an_esme(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(smpp_esme):\n    pass\n")
    result = run(pytester)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["smpp_esme is for asynchronous tests; others take smpp_smsc.url()"])


def test_without_a_plugin_for_asyncio_the_esme_says_what_it_needs(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("async def test_it(smpp_esme):\n    pass\n")
    result = run(pytester, "-p", "no:asyncio")
    result.stdout.fnmatch_lines(["smpp_esme needs pytest-asyncio (0.24 or later) or anyio"])


# -- what a failing test shows


def test_a_failure_points_to_the_line_of_the_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_one(smpp_smsc):
            smpp_smsc.messages.one(to="+39333")

        def test_waiting(smpp_smsc):
            smpp_smsc.wait_for(1, timeout=0.01)

        async def test_awaiting(smpp_smsc):
            await smpp_smsc.wait_for(1, timeout=0.01)
        """
    )
    result = run(pytester, "--asyncio-mode=auto")
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(
        [
            "E * AssertionError: one message with to='+39333' was expected, not 0",
            "E * There are none.",
            "E * Bound: nobody. Messages taken: 0. Refused: none.",
            "test_a_failure_points_to_the_line_of_the_test.py:2: AssertionError",
            "test_a_failure_points_to_the_line_of_the_test.py:5: AssertionError",
            "test_a_failure_points_to_the_line_of_the_test.py:8: AssertionError",
        ]
    )


def test_an_error_of_the_simulator_is_an_error_of_the_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        async def test_it(smpp_smsc, smpp_esme):
            def fail(message):
                raise ZeroDivisionError("in the simulator")

            smpp_smsc.call(lambda simulator: simulator.watch(on_state=fail))
            await smpp_esme.send("Hello", to="+393331234567", source="Shop", receipt=True)
            await smpp_smsc.wait_for(1, state="DELIVERED")
        """
    )
    result = run(pytester, "--asyncio-mode=auto")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*ExceptionGroup: the simulator failed (1 sub-exception)", "*in the simulator"])


def test_what_was_never_awaited_is_a_warning(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("async def test_it(smpp_smsc):\n    smpp_smsc.wait_for(1)\n")
    result = pytester.runpytest_inprocess(*options("--asyncio-mode=auto"))
    result.stdout.fnmatch_lines(["*RuntimeWarning: coroutine 'Waiting.*' was never awaited"])


def test_no_thread_is_left_behind_by_a_run(pytester: pytest.Pytester) -> None:
    before = set(threading.enumerate())
    pytester.makepyfile("def test_it(smpp_smsc, smpp_smsc_factory):\n    smpp_smsc_factory()\n    raise ValueError\n")
    run(pytester).assert_outcomes(failed=1)
    assert set(threading.enumerate()) <= before


def test_a_mark_that_cannot_be_is_an_error_that_names_the_key(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.smpp(rules={"one": {"status": "ESME_NONE"}})
        def test_key(smpp_smsc):
            pass

        @pytest.mark.smpp("missing.toml")
        def test_file(smpp_smsc):
            pass

        @pytest.mark.smpp("one.toml", "two.toml")
        def test_two_files(smpp_smsc):
            pass
        """
    )
    result = run(pytester)
    result.assert_outcomes(errors=3)
    result.stdout.fnmatch_lines(
        [
            "*ConfigError: rules.one.status: is no command_status*",
            "*FileNotFoundError*missing.toml*",
            "*TypeError: the mark smpp takes one file and keywords, not *",
        ]
    )


def test_a_file_counts_from_the_directory_of_the_test(pytester: pytest.Pytester) -> None:
    directory = pytester.mkdir("somewhere")
    (directory / "night.toml").write_text('[accounts]\nshop = "secret"\n', "utf-8")
    (directory / "test_night.py").write_text(
        "import pytest\npytestmark = pytest.mark.smpp('night.toml', seed=1)\n"
        "def test_it(smpp_smsc, smpp_smsc_factory):\n"
        "    assert smpp_smsc.system_id == smpp_smsc_factory('night.toml').system_id == 'shop'\n",
        "utf-8",
    )
    run(pytester).assert_outcomes(passed=1)
