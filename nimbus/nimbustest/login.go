package nimbustest

import (
	"crypto/rand"
	"net/http"
	"strings"
	"time"

	"github.com/practicekit/offboarding/nimbus"
)

// refusalsToLock is how many refused logins in a row lock the login (P8).
const refusalsToLock = 5

// SetPassword changes the password, as a person does; sessions go on.
func (s *Server) SetPassword(password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.config.Password = password
}

// Unlock unlocks the login, as a person does.
func (s *Server) Unlock() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loginsRefused = 0
}

// ExpireSessions ends all sessions.
func (s *Server) ExpireSessions() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}

func (s *Server) authorized(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	ends, known := s.tokens[token]
	return ok && known && time.Now().Before(ends)
}

func (s *Server) postSession(r request) answer {
	loginCode, named := member[string](r, "loginCode")
	password, ok := member[string](r, "password")
	if !named || !ok {
		return noMember("loginCode or password")
	}
	s.logins++
	refuse := func(reason nimbus.LoginReason, detail string) answer {
		return problem(http.StatusUnauthorized, string(reason), detail)
	}
	anyone := s.config.LoginCode == "" && s.config.Password == ""
	switch {
	case s.loginsRefused >= refusalsToLock:
		return refuse(nimbus.LoginLocked, "the login is locked")
	case !anyone && (loginCode != s.config.LoginCode || password != s.config.Password):
		s.loginsRefused++
		return refuse(nimbus.LoginRefused, "the login code or the password is wrong")
	case s.config.RefuseLogin != "":
		return refuse(s.config.RefuseLogin, "this login cannot be used by a program")
	}
	s.loginsRefused = 0
	token, ends := rand.Text(), time.Now().Add(s.config.SessionLife)
	s.tokens[token] = ends
	return respond(http.StatusOK, map[string]any{"token": token, "expiresAt": ends.UTC()})
}

func (s *Server) getAccount(request) answer {
	account := nimbus.Account{Capabilities: s.config.Capabilities, MandatoryDocumentFields: s.config.MandatoryDocumentFields}
	if account.Capabilities == nil {
		account.Capabilities = nimbus.Capabilities()
	}
	if s.offers(nimbus.CapabilityAccountEdition) {
		account.Edition = s.edition
	}
	return respond(http.StatusOK, account)
}
