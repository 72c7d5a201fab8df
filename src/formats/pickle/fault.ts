// What goes wrong inside a pickle, before it is known which file it is in.

/** A pickle that is damaged, or asks for more than data; the message continues "at byte 12 of its pickle". */
export class PickleFault extends Error {}

/** The bytes end before the pickle does. */
export class PickleEnd extends PickleFault {}

/** A value of an unsupported kind in a pickle; the rest of the pickle can be read. */
export class UnreadableValue extends PickleFault {}
