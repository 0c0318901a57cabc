// Package filejournal keeps the journal of an off-boarding in a directory:
//
//	journal.jsonl   one JSON record a line, appended and fsynced
//	evidence/       the exported histories, specifications and snapshots, create-only
//	lock            held while a run has the directory open
//	holder.json     who holds the lock, since when
//
// Files have mode 0600 and directories 0700. Every line ends with a checksum
// over itself and the line before it, so that a flipped bit and a missing line
// are noticed. A last line that was cut off in the middle of a write is dropped,
// and told by [Journal.Torn]: its record was never durable, and nothing was done
// on the strength of it. Anything else that does not add up halts with a
// [CorruptError].
//
// On Windows a directory cannot be fsynced; there a new file's name is as
// durable as the file system makes it.
package filejournal
