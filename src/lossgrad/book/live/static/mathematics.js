// Temml with what settles its output (typeset.js is appended as this is bundled): for results of live cells.
import temml from "temml";

export { typeset };
