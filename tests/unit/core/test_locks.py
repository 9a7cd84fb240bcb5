import asyncio
import os
import threading
from contextlib import suppress

from staysail.core.locks import Lock, LoopLock

THREADS, TIMES = 8, 200


def in_threads(work, count: int = THREADS) -> None:
    """Runs `work(number)` in an event loop of each thread; raises what one of them raised."""
    errors: list[BaseException] = []

    def run(number: int) -> None:
        try:
            asyncio.run(work(number))
        except BaseException as error:  # noqa: BLE001  raised in the caller
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(900 if os.environ.get("STAYSAIL_EVERY") == "1" else 60)
    assert not any(thread.is_alive() for thread in threads), "a thread hangs"
    if errors:
        raise errors[0]


def test_one_task_of_all_loops_and_threads_holds_a_lock():
    lock, inside, most, count = Lock(), 0, 0, 0

    async def work(_: int) -> None:
        nonlocal inside, most, count
        for _ in range(TIMES):
            async with lock:
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0)
                count += 1
                inside -= 1

    in_threads(work)
    assert (most, count, lock.locked()) == (1, THREADS * TIMES, False)


def test_whoever_waits_and_is_cancelled_holds_nobody_up():
    lock = Lock()

    async def work(number: int) -> None:
        for turn in range(50):
            with suppress(TimeoutError):
                async with asyncio.timeout(0.0001 * ((number + turn) % 3)), lock:
                    await asyncio.sleep(0.0001)

    in_threads(work)
    assert lock.acquire_nowait()


def test_a_loop_that_was_closed_while_it_waited_is_passed_over():
    lock = Lock()
    assert lock.acquire_nowait()
    loop = asyncio.new_event_loop()
    waiting = loop.create_task(lock.acquire())
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    lock.release()
    assert lock.acquire_nowait()
    assert not waiting.done()
    waiting._log_destroy_pending = False  # type: ignore[attr-defined]


def test_a_lock_goes_to_who_came_first():
    async def main() -> list[int]:
        lock, order = Lock(), []

        async def take(number: int) -> None:
            async with lock:
                order.append(number)

        async with lock, asyncio.TaskGroup() as group:
            for number in range(5):
                group.create_task(take(number))
            await asyncio.sleep(0)
            lock.release()
            await asyncio.sleep(0.01)
            await lock.acquire()
        return order

    assert asyncio.run(main()) == [0, 1, 2, 3, 4]


def test_tasks_of_one_loop_are_inside_together_and_those_of_another_wait():
    lock, loops, most = LoopLock(), set(), 0

    async def enter(number: int) -> None:
        nonlocal most
        async with lock.enter():
            loops.add(number)
            assert loops == {number}
            most = max(most, sum(1 for _ in loops))
            async with lock.enter():  # a task that is inside may enter again
                await asyncio.sleep(0)
            assert loops == {number}
            if lock._inside == 1:
                loops.discard(number)

    async def work(number: int) -> None:
        for _ in range(40):
            await asyncio.gather(*(enter(number) for _ in range(4)))

    in_threads(work)
    assert lock._lock.acquire_nowait()


async def test_tasks_of_one_loop_do_not_wait_for_one_another():
    lock, met = LoopLock(), asyncio.Barrier(3)

    async def enter() -> None:
        async with lock.enter():
            await met.wait()

    async with asyncio.timeout(5):
        await asyncio.gather(*(enter() for _ in range(3)))
