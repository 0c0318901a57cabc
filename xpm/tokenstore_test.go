package xpm_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/practicekit/offboarding/xpm"
)

func ended() xpm.Token {
	return xpm.Token{AccessToken: "planted-access", TokenType: "Bearer", RefreshToken: "planted-refresh", Expiry: time.Date(2026, 1, 1, 0, 30, 0, 0, time.UTC), Obtained: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// unchanged leaves the token as it is.
func unchanged(t xpm.Token) (xpm.Token, error) { return t, nil }

func TestFileTokenStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "for it")
	store := xpm.FileTokenStore(filepath.Join(dir, "token.json"))
	if token, err := store.Load(t.Context()); err != nil || token != (xpm.Token{}) {
		t.Errorf("before there is a file: %v", err)
	}
	if err := store.Update(t.Context(), unchanged); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(string(store)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing was stored, and there is a file: %v", err)
	}
	if err := xpm.SaveToken(t.Context(), store, ended()); err != nil {
		t.Fatal(err)
	}
	if token, err := store.Load(t.Context()); err != nil || token != ended() {
		t.Errorf("what was stored is not what is loaded: %v", err)
	}
	no := errors.New("no")
	err := store.Update(t.Context(), func(token xpm.Token) (xpm.Token, error) {
		if token != ended() {
			t.Error("not the current token")
		}
		return xpm.Token{AccessToken: "not stored"}, no
	})
	if token, _ := store.Load(t.Context()); !errors.Is(err, no) || token != ended() {
		t.Errorf("an error of change: %v", err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 2 {
		t.Errorf("%v, %v; want the file and its lock", files, err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	for path, want := range map[string]fs.FileMode{dir: 0o700, string(store): 0o600, string(store) + ".lock": 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v; want %v", path, info.Mode().Perm(), err, want)
		}
	}
}

func TestFileTokenStore_Unsafe(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	for name, change := range map[string]func(path string) error{
		"group reads":  func(path string) error { return os.Chmod(path, 0o640) },
		"others read":  func(path string) error { return os.Chmod(path, 0o604) },
		"group writes": func(path string) error { return os.Chmod(path, 0o620) },
		"link": func(path string) error {
			return errors.Join(os.Rename(path, path+".real"), os.Symlink(path+".real", path))
		},
		"garbled":   func(path string) error { return os.WriteFile(path, []byte(`{"access_token":"planted-`), 0o600) },
		"empty":     func(path string) error { return os.Truncate(path, 0) },
		"no token":  func(path string) error { return os.WriteFile(path, []byte(`{"refresh_token":"planted-x"}`), 0o600) },
		"directory": func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) },
	} {
		t.Run(name, func(t *testing.T) {
			store := xpm.FileTokenStore(filepath.Join(t.TempDir(), "tokens", "token.json"))
			if err := xpm.SaveToken(t.Context(), store, ended()); err != nil {
				t.Fatal(err)
			}
			if err := change(string(store)); err != nil {
				t.Fatal(err)
			}
			_, err := store.Load(t.Context())
			if err == nil || strings.Contains(err.Error(), "planted") {
				t.Errorf("Load: %v", err)
			}
			err = store.Update(t.Context(), func(xpm.Token) (xpm.Token, error) {
				t.Error("changed")
				return xpm.Token{}, nil
			})
			if err == nil || strings.Contains(err.Error(), "planted") {
				t.Errorf("Update: %v", err)
			}
		})
	}
	dir := filepath.Join(t.TempDir(), "tokens")
	if err := errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, 0o770)); err != nil {
		t.Fatal(err)
	}
	if err := xpm.SaveToken(t.Context(), xpm.FileTokenStore(filepath.Join(dir, "token.json")), ended()); err == nil {
		t.Error("a directory that others can write to is taken")
	}
}

// A crash while the file was written leaves the old one, and no obstacle.
func TestFileTokenStore_Crash(t *testing.T) {
	store := xpm.FileTokenStore(filepath.Join(t.TempDir(), "tokens", "token.json"))
	if err := xpm.SaveToken(t.Context(), store, ended()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(string(store)+".part", []byte(`{"access_`), 0o644); err != nil {
		t.Fatal(err)
	}
	if token, err := store.Load(t.Context()); err != nil || token != ended() {
		t.Errorf("the old token is lost: %v", err)
	}
	next := ended()
	next.AccessToken = "next"
	if err := xpm.SaveToken(t.Context(), store, next); err != nil {
		t.Fatal(err)
	}
	if token, err := store.Load(t.Context()); err != nil || token != next {
		t.Errorf("the new token is not there: %v", err)
	}
	if _, err := os.Stat(string(store) + ".part"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what the crash left is still there: %v", err)
	}
}

func TestFileTokenStore_Lock(t *testing.T) {
	store := xpm.FileTokenStore(filepath.Join(t.TempDir(), "tokens", "token.json"))
	err := store.Update(t.Context(), func(token xpm.Token) (xpm.Token, error) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		inner := store.Update(ctx, func(xpm.Token) (xpm.Token, error) {
			t.Error("two at once")
			return ended(), nil
		})
		if !errors.Is(inner, context.Canceled) {
			t.Error(inner)
		}
		return token, nil
	})
	if err != nil {
		t.Error(err)
	}
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			err := store.Update(t.Context(), func(token xpm.Token) (xpm.Token, error) {
				token.AccessToken += "x"
				return token, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if token, err := store.Load(t.Context()); err != nil || token.AccessToken != strings.Repeat("x", 20) {
		t.Errorf("%d changes of 20 are there: %v", len(token.AccessToken), err)
	}
}
