package sim

import (
	"crypto/sha256"
	"time"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
)

// leaving is the client that leaves, staying the one that does not.
const leaving, staying = 0, 1

// small is the smallest practice that has everything: a client that leaves, and
// another; a contact without a login (R14), one with (R15), and one of both
// clients (R16).
func small(edition nimbus.Edition) World {
	return World{
		Edition: edition, SyncTakes: 400 * time.Millisecond,
		Clients: []Client{
			{Code: "ACME01", Name: "Acme Example Pty Ltd", XPM: true, Rows: 6, Documents: 2},
			{Code: "DELTA04", Name: "Delta Example Partnership", XPM: true, Rows: 6, Documents: 1},
		},
		Contacts: []Contact{
			{FirstName: "Alex", Surname: "Example", Clients: []string{"ACME01"}},
			{FirstName: "Billie", Surname: "Example", Login: true, Clients: []string{"ACME01"}},
			{FirstName: "Charlie", Surname: "Example", Login: true, Clients: []string{"ACME01", "DELTA04"}},
		},
	}
}

var (
	keepCDM    = offboard.Policy{Documents: offboard.CDM{}}
	archiveCDM = offboard.Policy{Documents: offboard.CDM{ArchiveFolder: true}, Contacts: offboard.ContactsDelete}
	deleteAll  = offboard.Policy{Documents: offboard.NonCDM{Delete: &offboard.Permanent{Reason: "left the country", RecordsHeldElsewhere: true}}, Contacts: offboard.ContactsDelete}
)

func sum(content []byte) [sha256.Size]byte { return sha256.Sum256(content) }
