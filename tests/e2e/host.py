"""Hosts the Pulumi program in this process: the engine connects to it instead of starting Python anew."""

import asyncio
import contextlib
import contextvars
import functools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pulumi
from pulumi.runtime import reset_options, run_in_stack, set_all_config
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2
from ringfence.aws.resources.program import run
from ringfence.source.tree import Directory


class Host:
    """A language host for one project, listening on ``port``. It does what the one for Python does, in this process.

    ``program`` is what is run; Ringfence's own where it is left out.
    """

    def __init__(self, project: Path, program: Callable[[], None] | None = None) -> None:
        self._server = grpc.server(ThreadPoolExecutor(max_workers=4))
        language_pb2_grpc.add_LanguageRuntimeServicer_to_server(_Runtime(project, program), self._server)
        self.port: int = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    def end(self) -> threading.Event:
        """Take no more calls; the event is set when nothing is left."""
        return self._server.stop(None)


def _stop_with_the_engine(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A call that the engine does not take any more is the end of the program: what waits for it waits for ever."""
    if isinstance(context.get("exception"), grpc.RpcError):
        loop.stop()


def _stop(loop: asyncio.AbstractEventLoop, _program: object) -> None:
    loop.stop()


def _close(loop: asyncio.AbstractEventLoop) -> None:
    """Give up what is left of a program, whatever it says to that: nobody will look at it again."""
    loop.set_exception_handler(lambda _loop, _context: None)
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    with contextlib.suppress(Exception, SystemExit):
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    with contextlib.suppress(Exception, SystemExit):
        loop.run_until_complete(loop.shutdown_default_executor())
    asyncio.set_event_loop(None)
    loop.close()


class _Runtime(language_pb2_grpc.LanguageRuntimeServicer):
    """Method names are the protocol's."""

    def __init__(self, project: Path, program: Callable[[], None] | None) -> None:
        self._start = program or functools.partial(run, Directory(project))

    def GetPluginInfo(self, _request: Any, _context: Any) -> Any:
        return plugin_pb2.PluginInfo()

    def GetRequiredPlugins(self, _request: Any, _context: Any) -> Any:
        return language_pb2.GetRequiredPluginsResponse()

    def GetRequiredPackages(self, _request: Any, _context: Any) -> Any:
        return language_pb2.GetRequiredPackagesResponse()

    def Run(self, request: Any, _context: Any) -> Any:
        # Pulumi keeps its state in context variables: in a copy of the context, runs do not meet each other.
        return contextvars.copy_context().run(self._run, request)

    def _run(self, request: Any) -> Any:
        reset_options(
            project=request.project,
            stack=request.stack,
            organization=request.organization or "organization",
            monitor_address=request.monitor_address,
            engine_address=request.args[0],
            parallel=request.parallel,
            preview=request.dryRun,
        )
        set_all_config(dict(request.config), request.configSecretKeys)
        loop = asyncio.new_event_loop()
        loop.set_default_executor(ThreadPoolExecutor(max_workers=32))
        loop.set_exception_handler(_stop_with_the_engine)
        asyncio.set_event_loop(loop)
        program = loop.create_task(run_in_stack(self._program))
        stop = functools.partial(_stop, loop)
        program.add_done_callback(stop)
        try:
            loop.run_forever()
            if program.done():
                program.result()
        except pulumi.RunError as error:
            pulumi.log.error(str(error))
            return language_pb2.RunResponse(bail=True)
        except grpc.RpcError as error:
            # An engine that fails ends its connections; it says itself why.
            return language_pb2.RunResponse(error="" if error.code() == grpc.StatusCode.UNAVAILABLE else str(error))
        finally:
            program.remove_done_callback(stop)
            _close(loop)
        return language_pb2.RunResponse()

    async def _program(self) -> None:
        self._start()
