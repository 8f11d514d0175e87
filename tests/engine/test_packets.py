"""Packets against scapy's own reading of them: another implementation of the same formats."""

import ipaddress
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ringfence.engine import http1, samples
from ringfence.engine.flow import Conversation, Message, Segment, Side, answers, says
from ringfence.engine.packets import CaptureError, batches, build, capture

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # scapy's imports warn of what they use of cryptography
    from scapy.layers.dns import DNS
    from scapy.layers.inet import ICMP, IP, TCP, UDP
    from scapy.layers.inet6 import IPv6
    from scapy.packet import Packet, Raw
    from scapy.utils import rdpcap


def read(*conversations: Conversation) -> list[Packet]:
    members = list(enumerate(conversations))
    return [(IPv6 if packet.data[0] >> 4 == 6 else IP)(packet.data) for packet in build(members)]


def valid(packet: Packet) -> bool:
    """Whether scapy, asked to compute every checksum anew, comes to the same octets."""
    anew = packet.copy()
    for layer in (IP, TCP, UDP, ICMP):
        if anew.haslayer(layer):
            del anew[layer].chksum
    return bytes(anew) == bytes(packet)


def payload(packets: list[Packet], port: int) -> bytes:
    """What a receiver puts together from segments that come in order."""
    return b"".join(bytes(p[TCP].payload) for p in packets if p[TCP].dport == port)


def test_a_conversation_is_a_handshake_its_messages_and_an_end() -> None:
    packets = read(Conversation("a", (says(b"question"), answers(b"answer"))))
    assert [str(packet[TCP].flags) for packet in packets] == [
        "S", "SA", "A", "PA", "A", "PA", "A", "FA", "FA", "A",
    ]  # fmt: skip
    assert all(valid(packet) for packet in packets)
    assert bytes(packets[3][TCP].payload) == b"question"
    assert bytes(packets[5][TCP].payload) == b"answer"
    assert packets[5][TCP].ack == packets[3][TCP].seq + len(b"question")


@given(st.binary(min_size=1, max_size=5000), st.lists(st.integers(1, 2000), max_size=4))
def test_pieces_put_together_are_the_message(data: bytes, pieces: list[int]) -> None:
    conversation = Conversation("a", (says(data, pieces=tuple(pieces)),))
    packets = build([(0, conversation)])
    read_back = [IP(packet.data) for packet in packets]
    assert payload(read_back, 443) == data
    sizes = [carried.end - carried.start for packet in packets for carried in packet.carries]
    assert sum(sizes) == len(data)
    assert (
        sizes[: len(pieces)]
        == [min(size, 1460) for size in pieces[: len(sizes)]][: len(sizes) - 1] + sizes[len(sizes) - 1 : len(pieces)]
    )


def test_joined_messages_share_the_segment_in_which_one_ends() -> None:
    joined = (says(b"one", pieces=(2, 100)), Message(Side.CLIENT, b"two", joined=True))
    carried = [packet.carries for packet in build([(0, Conversation("a", joined))]) if packet.carries]
    assert [[(part.step, part.start, part.end) for part in parts] for parts in carried] == [
        [(0, 0, 2)], [(0, 2, 3), (1, 0, 3)],
    ]  # fmt: skip
    with pytest.raises(CaptureError, match="another sender"):
        build([(0, Conversation("a", (says(b"one"), Message(Side.SERVER, b"two", joined=True))))])


def test_a_persistent_client_sends_each_flight_again_with_the_same_numbers() -> None:
    packets = read(Conversation("a", (says(b"question", pieces=(5,)), answers(b"x"), says(b"more")), persistent=True))
    sent = [(packet[TCP].seq, bytes(packet[TCP].payload)) for packet in packets if packet[TCP].dport == 443]
    data = [(sequence, text) for sequence, text in sent if text]
    start = data[0][0]
    assert [(sequence - start, text) for sequence, text in data] == [
        (0, b"quest"), (5, b"ion"), (0, b"quest"), (5, b"ion"), (8, b"more"), (8, b"more"),
    ]  # fmt: skip


def test_a_segment_by_hand_has_its_own_number_flags_and_faults() -> None:
    steps = (
        Segment(Side.CLIENT, b"later", offset=10, advances=False),
        Segment(Side.CLIENT, b"bad", valid_checksum=False, ttl=3, urgent=2, flags=0x38, advances=False),
        Segment(Side.CLIENT, b"first"),
    )
    packets = read(Conversation("a", steps, closes=False))[3:]
    start = packets[2][TCP].seq
    assert packets[0][TCP].seq == start + 10
    assert [valid(packet) for packet in packets] == [True, False, True]
    assert (packets[1][IP].ttl, packets[1][TCP].urgptr, str(packets[1][TCP].flags)) == (3, 2, "PAU")


def test_datagrams_echoes_other_protocols_and_both_families() -> None:
    six = {"client": ipaddress.IPv6Address("2001:db8::1"), "server": ipaddress.IPv6Address("2001:db8::2")}
    packets = read(
        Conversation("udp", (says(samples.dns_query("example.com")),), port=53, protocol="udp"),
        Conversation("icmp", (says(b"ping"), answers(b"ping")), protocol="icmp", client_port=7),
        Conversation("gre", (says(samples.gre(b"inner")),), protocol=47),
        Conversation("udp6", (says(b"six"),), protocol="udp", **six),
    )
    assert all(valid(packet) for packet in packets)
    assert packets[0][UDP].dport == 53
    assert DNS(bytes(packets[0][UDP].payload)).qd[0].qname == b"example.com."
    assert [packet[ICMP].type for packet in packets[1:3]] == [8, 0]
    assert packets[3][IP].proto == 47
    assert packets[4][UDP].payload.load == b"six"
    with pytest.raises(CaptureError, match="no protocol"):
        read(Conversation("x", (says(b""),), protocol="sctp"))
    with pytest.raises(CaptureError, match="a segment outside TCP"):
        read(Conversation("x", (Segment(Side.CLIENT, b""),), protocol="udp"))


def test_fragments_put_together_are_the_packet() -> None:
    conversation = Conversation("a", (says(bytes(range(200))),), protocol="udp", fragment=64)
    packets = build([(0, conversation)])
    parts = [IP(packet.data) for packet in packets]
    assert len({packet.unit for packet in packets}) == 1
    assert [(part.frag, str(part.flags)) for part in parts] == [(0, "MF"), (8, "MF"), (16, "MF"), (24, "")]
    assert b"".join(bytes(part.payload) for part in parts)[8:] == bytes(range(200))


def test_conversations_without_ports_get_a_batch_each() -> None:
    ping = Conversation("ping", (says(b"x"),), protocol="icmp", client_port=1)
    talk = Conversation("talk", (says(b"x"),))
    numbered = [[index for index, _ in batch] for batch in batches([ping, talk, ping, talk, ping])]
    assert numbered == [[0, 1, 3], [2], [4]]


def test_client_ports_keep_conversations_apart_until_they_run_out() -> None:
    talk = Conversation("talk", closes=False)
    packets = build((index, talk) for index in range(300))
    assert len({IP(packet.data)[TCP].sport for packet in packets if packet.sender is Side.CLIENT}) == 300
    with pytest.raises(CaptureError, match="more than 55000 conversations"):
        build((index, Conversation("talk", handshake=False, closes=False)) for index in range(55_002))


def test_a_capture_is_read_by_others(tmp_path: Path) -> None:
    packets = build([(0, Conversation("a", (http1.request("GET", "/", "example.com"),)))])
    path = tmp_path / "traffic.pcap"
    path.write_bytes(capture(packets))
    found = rdpcap(str(path))
    assert [bytes(packet) for packet in found] == [packet.data for packet in packets]
    assert found[3][Raw].load.startswith(b"GET / HTTP/1.1\r\nHost: example.com\r\n")
