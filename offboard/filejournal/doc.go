// Package filejournal keeps the journal of an off-boarding in a directory:
//
//	journal.jsonl   one JSON record a line, appended and fsynced
//	evidence/       the exported histories, specifications and snapshots, create-only
//	lock            held while a run has the directory open
//	holder.json     who holds the lock, since when
//
// Files have mode 0600 and directories 0700.
//
// # The chain
//
// Every line ends with a checksum over itself and the line before it, byte for
// byte, so that a flipped bit and a missing line are noticed. A last line that
// was cut off in the middle of a write is dropped, and told by [Journal.Torn]:
// its record was never durable, and nothing was done on the strength of it.
// Anything else that does not add up halts with a [CorruptError].
//
// # The anchor
//
// The chain by itself does not show that whole lines are gone from its end, or
// that somebody wrote the journal anew with all its checksums. For that the
// [Head], the number of lines and the checksum of the last one, is kept outside
// of the directory:
//
//	journal, err := filejournal.OpenAnchored(dir, filejournal.FileAnchor("/mnt/elsewhere/offboarding.head"))
//
// A journal that does not hold the anchored line halts with an [AnchorError].
// [Anchor] says what that proves, and what not.
//
// # Checking and handing over
//
// [Verify] checks lines, numbers, anchor and evidence of a directory, also while a
// run writes to it; examples/verify is it as a program. [Journal.ExportClient]
// writes the whole file of one client as a zip: report, journal lines, histories
// and digests.
//
// On Windows a directory cannot be fsynced; there a new file's name is as
// durable as the file system makes it.
package filejournal
