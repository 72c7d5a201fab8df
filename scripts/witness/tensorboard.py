"""Reads a TensorBoard event file independently of Fovea and prints its events as JSON: records by the published framing,
checksums by crcmod, messages by Google's protobuf with descriptors of event.proto and summary.proto built here.

python3 scripts/witness/tensorboard.py FILE"""

import json
import struct
import sys

import crcmod.predefined
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

KINDS = descriptor_pb2.FieldDescriptorProto


def message(file, name, *fields):
    """Adds a message; a field is (name, number, type, message type or None, repeated)."""
    added = file.message_type.add(name=name)
    for field, number, kind, of, repeated in fields:
        label = KINDS.LABEL_REPEATED if repeated else KINDS.LABEL_OPTIONAL
        added.field.add(name=field, number=number, type=kind, label=label, type_name=of and f".witness.{of}")


def event_class():
    file = descriptor_pb2.FileDescriptorProto(name="witness.proto", package="witness", syntax="proto3")
    nested = KINDS.TYPE_MESSAGE
    message(file, "Value", ("tag", 1, KINDS.TYPE_STRING, None, False), ("simple_value", 2, KINDS.TYPE_FLOAT, None, False))
    message(file, "Summary", ("value", 1, nested, "Value", True))
    message(file, "SessionLog", ("status", 1, KINDS.TYPE_INT32, None, False))
    message(
        file,
        "Event",
        ("wall_time", 1, KINDS.TYPE_DOUBLE, None, False),
        ("step", 2, KINDS.TYPE_INT64, None, False),
        ("file_version", 3, KINDS.TYPE_STRING, None, False),
        ("summary", 5, nested, "Summary", False),
        ("session_log", 7, nested, "SessionLog", False),
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    descriptor = pool.FindMessageTypeByName("witness.Event")
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory(pool).GetPrototype(descriptor)


def records(data):
    checksum = crcmod.predefined.mkCrcFun("crc-32c")

    def check(content, masked):
        value = checksum(content)
        assert ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF == masked, "wrong checksum"

    at = 0
    while at < len(data):
        (length, masked) = struct.unpack_from("<QI", data, at)
        check(data[at : at + 8], masked)
        content = data[at + 12 : at + 12 + length]
        check(content, struct.unpack_from("<I", data, at + 12 + length)[0])
        yield content
        at += length + 16


if __name__ == "__main__":
    Event = event_class()
    events = []
    for record in records(open(sys.argv[1], "rb").read()):
        event = Event.FromString(record)
        scalars = {value.tag: value.simple_value for value in event.summary.value}
        status = event.session_log.status
        events.append({"step": event.step, "version": event.file_version, "status": status, "scalars": scalars})
    print(json.dumps(events))
