package filejournal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Holder says which process holds a directory.
type Holder struct {
	Host  string    `json:"host"`
	PID   int       `json:"pid"`
	Since time.Time `json:"since"`
}

// LockedError says that another run holds the directory.
type LockedError struct {
	Dir    string
	Holder Holder // zero where the holder has not said who it is
}

func (e *LockedError) Error() string {
	who := "another process"
	if e.Holder.PID != 0 {
		who = fmt.Sprintf("process %d on %s, since %s,", e.Holder.PID, e.Holder.Host, e.Holder.Since.Format(time.RFC3339))
	}
	return fmt.Sprintf("%s holds %s: wait for it, or stop it, and run the same again", who, e.Dir)
}

func writeHolder(dir string) error {
	host, err := os.Hostname()
	if err != nil {
		host = "this machine"
	}
	data, err := json.Marshal(Holder{Host: host, PID: os.Getpid(), Since: time.Now().UTC().Truncate(time.Second)})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, holderName), data, 0o600)
}

func readHolder(dir string) (h Holder) {
	data, err := os.ReadFile(filepath.Join(dir, holderName))
	if err != nil || json.Unmarshal(bytes.TrimSpace(data), &h) != nil {
		return Holder{} // who holds it is a courtesy
	}
	return h
}
