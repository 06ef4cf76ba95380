"""Worker processes: what a task did before it died is kept, and it takes nobody with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from holdfast.engines.processes import Ending, WorkerLimits, WorkerPool

HERE = str(Path(__file__).parent)


@pytest.fixture
def pool():
    made = WorkerPool(size=2, limits=WorkerLimits(cpu_s=1, wall_s=20, memory_mb=512), paths=(HERE,))
    yield made
    made.close()


def quick(**limits):
    return WorkerPool(size=1, limits=WorkerLimits(**limits), paths=(HERE,))


def said(result):
    return [frame.message for frame in result.frames]


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A killed leader is a zombie before its last thread has gone, and cannot be waited for until then.
    is_zombie = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    return not is_zombie or len(list(Path(f"/proc/{pid}/task").iterdir())) > 1


def gone_within(pid, seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not is_alive(pid):
            return True
        time.sleep(0.02)
    return False


def test_arguments_and_bytes_go_in_and_come_back(pool):
    data = bytes(range(256)) * 4000
    result = pool.run("bad_tasks:echo", {"a": [1, None, "ä\ud800"]}, data)
    assert (result.ending, result.tries) == (Ending.DONE, 1)
    assert said(result) == [{"a": [1, None, "ä\ud800"]}]
    assert result.frames[0].payload == data[::-1]


def test_a_worker_is_kept_for_the_next_task_and_has_a_session_of_its_own(pool):
    first, second = (said(pool.run("bad_tasks:identify", {}))[0] for _ in range(2))
    assert first["pid"] == second["pid"] == first["session"] != os.getpid()


def test_secrets_of_the_environment_do_not_reach_workers(pool):
    os.environ["HOLDFAST_TEST_KEY"] = "secret"
    try:
        assert said(pool.run("bad_tasks:identify", {}))[0]["key"] == ""
    finally:
        del os.environ["HOLDFAST_TEST_KEY"]


def test_what_a_library_prints_does_not_fall_between_the_frames(pool):
    result = pool.run("bad_tasks:print_between", {})
    assert (result.ending, said(result)) == (Ending.DONE, ["kept"])


def test_an_exception_is_reported_by_name_and_the_worker_lives_on(pool):
    before = said(pool.run("bad_tasks:identify", {}))[0]["pid"]
    result = pool.run("bad_tasks:raise_error", {})
    assert (result.ending, result.detail, said(result)) == (
        Ending.FAILED,
        "ValueError: no such thing",
        ["before"],
    )
    assert said(pool.run("bad_tasks:identify", {}))[0]["pid"] == before


def test_a_task_that_is_not_there_is_a_failure_with_its_name(pool):
    result = pool.run("bad_tasks:nothing_of_that_name", {})
    assert result.ending is Ending.FAILED
    assert "nothing_of_that_name" in result.detail


@pytest.mark.parametrize("task", ["abort", "read_null"])
def test_a_crash_keeps_what_was_sent_and_is_tried_once_more(pool, task):
    result = pool.run(f"bad_tasks:{task}", {"after": 3})
    assert (result.ending, result.tries) == (Ending.CRASHED, 2)
    assert len(result.frames) == (3 if task == "abort" else 1)


def test_a_crash_that_does_not_come_back_is_forgotten(pool, tmp_path):
    result = pool.run("bad_tasks:abort_once", {"flag": str(tmp_path / "flag")})
    assert (result.ending, result.tries, said(result)) == (Ending.DONE, 2, ["try", "done"])


def test_a_hang_ends_at_the_wall_and_is_tried_once_more():
    pool = quick(wall_s=0.6)
    started = time.monotonic()
    result = pool.run("bad_tasks:sleep", {})
    pool.close()
    assert (result.ending, result.tries) == (Ending.TIMEOUT, 2)
    assert time.monotonic() - started < 5


def test_what_a_task_started_dies_with_it():
    pool = quick(wall_s=0.6)
    result = pool.run("bad_tasks:start_a_child_and_sleep", {})
    pool.close()
    assert gone_within(said(result)[0], 2)


def test_a_busy_loop_ends_at_the_cpu_limit_and_is_not_tried_again(pool):
    result = pool.run("bad_tasks:spin", {})
    assert (result.ending, result.tries, said(result)) == (Ending.LIMIT_CPU, 1, ["before"])


@pytest.mark.skipif(sys.platform != "linux", reason="macOS does not enforce RLIMIT_AS")
def test_memory_is_bounded(pool):
    result = pool.run("bad_tasks:allocate", {})
    assert (result.ending, said(result)) == (Ending.LIMIT_MEMORY, ["before"])


def test_files_are_bounded(tmp_path):
    pool = quick(file_mb=1)
    result = pool.run("bad_tasks:write_much", {"path": str(tmp_path / "file")})
    pool.close()
    assert result.ending is Ending.FAILED
    assert (tmp_path / "file").stat().st_size <= 1 << 20


def test_output_that_is_no_frame_counts_as_a_crash():
    pool = quick(wall_s=5)
    result = pool.run("bad_tasks:corrupt_the_pipe", {})
    pool.close()
    assert result.ending is Ending.CRASHED


def test_a_worker_is_replaced_after_its_share_of_tasks():
    pool = quick(tasks=2)
    pids = [said(pool.run("bad_tasks:identify", {}))[0]["pid"] for _ in range(3)]
    pool.close()
    assert pids[0] == pids[1] != pids[2]


def test_a_worker_that_grew_is_replaced():
    pool = quick(spent_mb=60)
    grown = said(pool.run("bad_tasks:grow", {"mb": 80}))[0]
    following = said(pool.run("bad_tasks:identify", {}))[0]["pid"]
    pool.close()
    assert grown != following


def test_a_worker_of_a_large_process_is_not_taken_for_large_itself(pool):
    ballast = bytearray(700_000_000)
    first = said(pool.run("bad_tasks:identify", {}))[0]["pid"]
    second = said(pool.run("bad_tasks:identify", {}))[0]["pid"]
    assert first == second
    assert len(ballast) > 0


def test_a_worker_killed_while_idle_is_replaced_without_a_word(pool):
    first = said(pool.run("bad_tasks:identify", {}))[0]["pid"]
    os.kill(first, signal.SIGKILL)
    assert gone_within(first, 2)
    result = pool.run("bad_tasks:identify", {})
    assert (result.ending, result.tries) == (Ending.DONE, 1)


def test_tasks_of_several_threads_run_side_by_side_and_do_not_mix(pool):
    results: dict[int, object] = {}

    def run(number):
        results[number] = said(pool.run("bad_tasks:echo", {"number": number}))[0]["number"]

    threads = [threading.Thread(target=run, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: number for number in range(12)}


def test_closing_ends_idle_workers_and_a_closed_pool_keeps_none(pool):
    first = said(pool.run("bad_tasks:identify", {}))[0]["pid"]
    pool.close()
    assert not is_alive(first)
    after = said(pool.run("bad_tasks:identify", {}))[0]["pid"]
    assert not is_alive(after)


def test_workers_die_when_their_parent_is_killed():
    script = (
        "import sys; from holdfast.engines.processes import *\n"
        f"pool = WorkerPool(paths=({HERE!r},))\n"
        "print(pool.run('bad_tasks:identify', {}).frames[0].message['pid'], flush=True)\n"
        "pool.run('bad_tasks:sleep', {})"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert gone_within(worker, 3)
