// Errors inside a pickle; readers add the name of the file.

/** A pickle is damaged, or asks for more than data; the message continues "byte 12 of its pickle". */
export class PickleFault extends Error {}

/** The bytes end before the pickle does. */
export class PickleEnd extends PickleFault {}

/** A value in a pickle has an unsupported kind; the rest of the pickle can be read. */
export class UnreadableValue extends PickleFault {}
