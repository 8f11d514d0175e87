"""Real Suricata engines: conversations as packets, and each engine's verdict on them.

The layers above the firewall's rules use it to show that the rules do what the policy says; nothing that makes
rules imports it. A conversation is built from messages, any number of them are judged in one engine start, and a
verdict says which messages reached the other side and which signature stopped the first that did not::

    from ringfence.engine import http1, tls
    from ringfence.engine.flow import Conversation, answers, says
    from ringfence.engine.suricata import find_engines, missing_versions, shuffled

    keep_alive = Conversation("second request", (
        http1.request("GET", "/repos/acme/site", "api.github.com", label="allowed"),
        http1.response(),
        http1.request("POST", "/user/repos", "api.github.com", label="forbidden"),
        http1.response(),
    ))
    opaque = Conversation("split ClientHello", (says(tls.client_hello("github.com"), pieces=(17, 1400)),))

    for engine in find_engines():
        first, second = engine.judge(rules, [keep_alive, opaque])
        assert first.step("allowed").passed and not first.step("forbidden").passed
        print(engine, first.sid, first.message, first.action)   # what stopped it
        print(second.passed, second.octets)                     # octets of the client that reached the server

`Setting` says what HOME_NET is, in which order actions are sorted, whether ``http`` is HTTP/1 only, and what happens
to traffic that the engine cannot follow. ``engine.check(rules)`` is ``suricata -T``: the complaints, or nothing.
"""
