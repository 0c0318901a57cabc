// Package transport sends the requests of all three vendor clients. It is the
// only package of this module that does, and it knows no vendor.
//
// An operation says what it does on the server (its Effect); the HTTP verb does
// not decide. From that follows what may be repeated:
//
//	seen                                       Read, Repeatable       Once
//	context done, no token                     returned               returned
//	connection not made, nothing written       repeated               repeated
//	connection lost, no answer in time         repeated               ErrOutcomeUnknown
//	throttled                                  repeated               repeated
//	408, 5xx except 501                        repeated               ErrOutcomeUnknown
//	401                                        renewed, sent again    renewed, sent again
//	any other status                           returned               returned
//
// A throttled request was refused before it did anything, so that it may be
// sent again whatever it does. A wait that the server asks for is slept if it is
// no longer than Config.MaxRetryWait, and returned as an error otherwise.
//
// The stack is retry(auth(pace(classify(base)))): each attempt has its own
// token and its own place in the quota, which it holds until the body of the
// answer is closed. The retries are go-retryablehttp's loop with rules of ours.
//
// What holds for every call: the host is the one of BaseURL and redirects are
// not followed; an answer is cut off by an error when it grows beyond a cap,
// counted after decompression; an attempt ends when the server is silent for too
// long; an error text and a log record hold no URL, header or body.
package transport
