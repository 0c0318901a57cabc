package nimbus

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// Latch remembers refused credentials, so that no process sends them again (P8).
// It keeps one refusal an account, the latest.
type Latch interface {
	// Refused returns what is remembered of the account, or nil.
	Refused(ctx context.Context, account string) (*Refusal, error)
	// Remember keeps the refusal durably before it returns.
	Remember(ctx context.Context, r Refusal) error
}

// Refusal is what is remembered of refused credentials. It holds neither the
// password nor the login code: Account is a digest of the login code and the
// server, Fingerprint a slow, salted hash of the password.
type Refusal struct {
	Account     string      `json:"account"`
	Reason      LoginReason `json:"reason"`
	RefusedAt   time.Time   `json:"refusedAt"`
	Salt        []byte      `json:"salt"`
	Iterations  int         `json:"iterations"`
	Fingerprint []byte      `json:"fingerprint"`
}

const fingerprintIterations = 600_000

func accountKey(baseURL, loginCode string) string {
	sum := sha256.Sum256([]byte(strings.TrimRight(baseURL, "/") + "\x00" + loginCode))
	return hex.EncodeToString(sum[:16])
}

func newRefusal(baseURL, loginCode, password string, reason LoginReason, at time.Time) Refusal {
	r := Refusal{Account: accountKey(baseURL, loginCode), Reason: reason, RefusedAt: at, Salt: make([]byte, 16), Iterations: fingerprintIterations}
	rand.Read(r.Salt)
	r.Fingerprint, _ = pbkdf2.Key(sha256.New, password, r.Salt, r.Iterations, sha256.Size)
	return r
}

// matches reports whether the password is the refused one. A refusal that cannot
// be compared counts as a match: it lets no login through.
func (r Refusal) matches(password string) bool {
	if r.Iterations < 1 || r.Iterations > 100*fingerprintIterations {
		return true
	}
	key, err := pbkdf2.Key(sha256.New, password, r.Salt, r.Iterations, sha256.Size)
	return err != nil || len(r.Fingerprint) != len(key) || subtle.ConstantTimeCompare(key, r.Fingerprint) == 1
}

// FileLatch is a Latch in a file, for processes on one machine. Clear removes
// it, which a person does after the login was unlocked. When two processes
// remember refusals of different accounts in the same instant, one may be lost;
// use a file for each account where that matters. Its value is the file's path:
// the file need not exist, its directory must.
type FileLatch string

// Refused returns what the file holds of the account. A file that others can
// read, or that cannot be understood, is an error.
func (l FileLatch) Refused(_ context.Context, account string) (*Refusal, error) {
	refusals, err := l.read()
	if err != nil {
		return nil, err
	}
	if r, ok := refusals[account]; ok {
		return &r, nil
	}
	return nil, nil
}

// Remember writes the refusal to the file, atomically and with mode 0600.
func (l FileLatch) Remember(_ context.Context, r Refusal) error {
	refusals, err := l.read()
	if err != nil {
		return err
	}
	refusals[r.Account] = r
	data, err := json.MarshalIndent(refusals, "", "\t")
	if err != nil {
		return err
	}
	return replaceFile(string(l), data)
}

// Clear forgets all refusals.
func (l FileLatch) Clear() error {
	if err := os.Remove(string(l)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (l FileLatch) read() (map[string]Refusal, error) {
	refusals := map[string]Refusal{}
	info, err := os.Stat(string(l))
	if errors.Is(err, fs.ErrNotExist) {
		return refusals, nil
	}
	if err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, errors.New("nimbus: the latch file can be read by others; its mode must be 0600")
	}
	data, err := os.ReadFile(string(l))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, &refusals); err != nil || refusals == nil {
		return nil, errors.New("nimbus: the latch file is damaged; look why before removing it")
	}
	return refusals, nil
}

// replaceFile writes data beside the file, syncs it, and puts it in the file's
// place, so that a crash leaves the old file or the new one.
func replaceFile(path string, data []byte) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, filepath.Base(path)+".*") // CreateTemp makes files 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	if runtime.GOOS == "windows" { // which cannot sync a directory
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
