package xpm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gofrs/flock"
)

// Token is what a consent or a refresh gives, and what a TokenStore keeps. Its
// JSON holds the secrets, in the form of oauth2.Token with fields added;
// printing and logging it shows none.
type Token struct {
	AccessToken  string    `json:"access_token"`
	TokenType    string    `json:"token_type,omitempty"`
	RefreshToken string    `json:"refresh_token,omitempty"`
	Expiry       time.Time `json:"expiry,omitzero"`
	Obtained     time.Time `json:"obtained,omitzero"` // just before it was asked for
	Scope        string    `json:"scope,omitempty"`
}

// Format keeps the secrets out of whatever prints the token.
func (Token) Format(f fmt.State, _ rune) { io.WriteString(f, "xpm.Token([redacted])") }

// LogValue is what slog records.
func (Token) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// TokenStore keeps the one current token of a consent, for every process that
// uses it. It is safe for concurrent use.
type TokenStore interface {
	// Update stores what change makes of the current token, which is the zero Token
	// if there is none. While change runs, no other Update does, in this process or
	// another: Xero gives a new refresh token at each use, and one that two use
	// may be lost to both. The current token is read after that is sure. What
	// change returns is durable when Update returns nil; a token that comes back as
	// it was need not be written, and an error of change is returned as it is, with
	// nothing stored. Waiting for others ends with ctx; storing does not.
	Update(ctx context.Context, change func(Token) (Token, error)) error
}

// SaveToken stores the token of a consent in place of the current one.
func SaveToken(ctx context.Context, store TokenStore, token Token) error {
	return store.Update(ctx, func(Token) (Token, error) { return token, nil })
}

// FileTokenStore is a TokenStore in a file, for processes on one machine. Its
// value is the file's path. The file is replaced as a whole and made durable,
// has mode 0600, and is not read if others can read it; its directory is made
// with mode 0700 where it is missing, and must not be writable to others. A file
// of the same name with ".lock" added locks out other processes; it stays, and
// holds nothing. On a network file system locks may not hold: use a store of
// your own there.
type FileTokenStore string

// lockPoll is how often a lock is tried that another process holds.
const lockPoll = 10 * time.Millisecond

// Load reads the file without waiting for an Update under way. Where there is no
// file, it returns the zero Token.
func (s FileTokenStore) Load(context.Context) (Token, error) {
	token, err := s.read()
	if err != nil {
		return Token{}, fmt.Errorf("xpm: token file: %w", err)
	}
	return token, nil
}

// Update replaces the file under its lock.
func (s FileTokenStore) Update(ctx context.Context, change func(Token) (Token, error)) (err error) {
	dir := filepath.Dir(string(s))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("xpm: token file: %w", err)
	}
	if err := onlyOwnerWrites(dir); err != nil {
		return fmt.Errorf("xpm: token file: %w", err)
	}
	lock := flock.New(string(s)+".lock", flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, lockPoll); err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("it is locked by another: %w", err)
		}
		return fmt.Errorf("xpm: token file: %w", err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	current, err := s.read()
	if err != nil {
		return fmt.Errorf("xpm: token file: %w", err)
	}
	next, err := change(current)
	if err != nil || next == current {
		return err
	}
	if err := s.write(next); err != nil {
		return fmt.Errorf("xpm: token file: %w", err)
	}
	return nil
}

func (s FileTokenStore) read() (token Token, err error) {
	info, err := os.Lstat(string(s))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Token{}, nil
	case err != nil:
		return Token{}, err
	case !info.Mode().IsRegular():
		return Token{}, errors.New("it is not a regular file")
	}
	f, err := os.Open(string(s))
	if err != nil {
		return Token{}, err
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil {
		return Token{}, err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return Token{}, fmt.Errorf("others can read it, so its tokens may be known to them: its mode must be 0600, is %#o", info.Mode().Perm())
	}
	data, err := io.ReadAll(io.LimitReader(f, maxTokenBytes))
	if err != nil {
		return Token{}, err
	}
	if json.Unmarshal(data, &token) != nil || token.AccessToken == "" { // the decoder's error quotes it
		return Token{}, errors.New("it holds no token: remove it and consent again")
	}
	return token, nil
}

// write replaces the file. Only the holder of the lock calls it, so the name of
// the new file is its own; one that a crash left behind is written over.
func (s FileTokenStore) write(token Token) error {
	data, err := json.MarshalIndent(token, "", "\t")
	if err != nil {
		return err
	}
	part := string(s) + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(data, '\n'))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = replace(part, string(s), filepath.Dir(string(s)))
	}
	if err != nil {
		os.Remove(part) // which is gone if it got its place
	}
	return err
}

// onlyOwnerWrites refuses a directory in which others could put a file in the
// place of ours.
func onlyOwnerWrites(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("others can write to its directory: its mode must be 0700, is %#o", info.Mode().Perm())
	}
	return nil
}
