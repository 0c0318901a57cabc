package myobae

import (
	"context"
	"net/http"
	"slices"
)

// Capability is something that a gateway may or may not offer. The set is open.
type Capability string

const (
	CapabilityClosePreflight        Capability = "ClosePreflight"
	CapabilityCloseClient           Capability = "CloseClient"
	CapabilityReopenClient          Capability = "ReopenClient"
	CapabilityExtraFieldDefinitions Capability = "ExtraFieldDefinitions"
	// CapabilityClearExtraField is null and false, CapabilitySetExtraField
	// every other value: a practice may allow the first alone.
	CapabilityClearExtraField Capability = "ClearExtraField"
	CapabilitySetExtraField   Capability = "SetExtraField"
)

// Info is what a gateway says of itself.
type Info struct {
	Version      string       // of the contract: "1.0"
	Capabilities []Capability // beside reading clients, which every gateway offers
	AEVersion    string       // empty when the gateway does not know
	ReadOnly     bool         // the gateway refuses every write for now
}

// Offers reports whether the gateway offers the capability.
func (i Info) Offers(c Capability) bool { return slices.Contains(i.Capabilities, c) }

// InfoService reads what the gateway says of itself.
type InfoService struct{ client *Client }

// Get returns the gateway's version and capabilities.
//
// It is a read, repeated after failures that pass; the answer is whole.
// An answer without Version or Capabilities is ErrInvalid: some other server
// has answered. Contract: ours.
func (s *InfoService) Get(ctx context.Context) (Info, error) {
	r := Request{Op: "Info.Get", Effect: EffectRead, Method: http.MethodGet, Path: "v1/Info"}
	a, err := s.client.Do(ctx, r)
	if err != nil {
		return Info{}, err
	}
	var info Info
	if err := decode(a.Body, &info, "Version", "Capabilities"); err != nil {
		return Info{}, senseless(r, a, err.Error())
	}
	return info, nil
}
