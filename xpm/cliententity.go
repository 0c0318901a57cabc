package xpm

import (
	"encoding/xml"
	"strings"
)

// ClientEntity is a client of the practice: a company, a trust, a person.
//
// The elements are those of the 3.1 documentation and of recorded answers. Many
// are left out by XPM when they are not set, and the tax fields come only with
// the Practice Management module. Notes, Groups and Relationships come with Get,
// Archive and the detailed lists; Contacts with all but All.
type ClientEntity struct {
	UUID ClientUUID `xml:"UUID"`
	// ClientCode is the key that the document system shares with XPM. It can be
	// changed in XPM, be empty, and occur twice.
	ClientCode string `xml:"ClientCode"`
	Name       string `xml:"Name"`

	// IsArchived and IsDeleted mean something only when StateKnown is true: the
	// answer then said both, once each, as yes or no. Every recorded answer does.
	// Whoever decides on them checks StateKnown first.
	IsArchived bool `xml:"-"`
	IsDeleted  bool `xml:"-"`
	StateKnown bool `xml:"-"`
	IsProspect Flag `xml:"IsProspect"`

	Title                   string   `xml:"Title"`
	Gender                  string   `xml:"Gender"`
	FirstName               string   `xml:"FirstName"`
	MiddleName              string   `xml:"MiddleName"`
	LastName                string   `xml:"LastName"`
	OtherName               string   `xml:"OtherName"`
	DateOfBirth             DateTime `xml:"DateOfBirth"`
	DateOfDeath             DateTime `xml:"DateOfDeath"`
	PlaceOfBirthCity        string   `xml:"PlaceOfBirthCity"`
	PlaceOfBirthCountryCode string   `xml:"PlaceOfBirthCountryCode"`

	Email          string `xml:"Email"`
	Phone          string `xml:"Phone"`
	Fax            string `xml:"Fax"`
	Website        string `xml:"Website"`
	Address        string `xml:"Address"`
	City           string `xml:"City"`
	Region         string `xml:"Region"`
	PostCode       string `xml:"PostCode"`
	Country        string `xml:"Country"`
	PostalAddress  string `xml:"PostalAddress"`
	PostalCity     string `xml:"PostalCity"`
	PostalRegion   string `xml:"PostalRegion"`
	PostalPostCode string `xml:"PostalPostCode"`
	PostalCountry  string `xml:"PostalCountry"`

	ReferralSource string     `xml:"ReferralSource"`
	ExportCode     string     `xml:"ExportCode"`
	Industry       string     `xml:"Industry"`
	AccountManager StaffRef   `xml:"AccountManager"`
	JobManager     StaffRef   `xml:"JobManager"`
	BillingClient  ClientRef  `xml:"BillingClient"`
	Type           ClientType `xml:"Type"`

	TaxNumber                MaskedTaxNumber      `xml:"TaxNumber"`
	CompanyNumber            string               `xml:"CompanyNumber"`
	BusinessNumber           string               `xml:"BusinessNumber"`
	BranchNumber             string               `xml:"BranchNumber"`
	BusinessStructure        string               `xml:"BusinessStructure"` // free text, as the practice defines it
	BalanceMonth             string               `xml:"BalanceMonth"`
	PrepareGST               Flag                 `xml:"PrepareGST"`
	GSTRegistered            Flag                 `xml:"GSTRegistered"`
	GSTPeriod                string               `xml:"GSTPeriod"`
	GSTBasis                 string               `xml:"GSTBasis"`
	ProvisionalTaxBasis      string               `xml:"ProvisionalTaxBasis"`
	ProvisionalTaxRatio      Decimal              `xml:"ProvisionalTaxRatio"`
	SignedTaxAuthority       Flag                 `xml:"SignedTaxAuthority"`
	TaxAgent                 string               `xml:"TaxAgent"`
	AgencyStatus             string               `xml:"AgencyStatus"`
	ReturnType               string               `xml:"ReturnType"`
	PrepareActivityStatement Flag                 `xml:"PrepareActivityStatement"`
	PrepareTaxReturn         Flag                 `xml:"PrepareTaxReturn"`
	AutoBasOptInCriteria     AutoBasOptInCriteria `xml:"AutoBasOptInCriteria"`
	ActiveAtoClient          Flag                 `xml:"ActiveAtoClient"`
	BankName                 string               `xml:"BankName"`
	BankAccountName          string               `xml:"BankAccountName"`
	BankAccountNumber        string               `xml:"BankAccountNumber"`
	BankBSB                  string               `xml:"BankBSB"`

	Contacts      []Contact      `xml:"Contacts>Contact"`
	Notes         []Note         `xml:"Notes>Note"`
	Groups        []GroupRef     `xml:"Groups>Group"`
	Relationships []Relationship `xml:"Relationships>Relationship"`

	WebURL string    `xml:"WebUrl"` // the client's page in XPM
	Extra  []Element `xml:",any"`   // elements that no field takes
}

// Contact is a person of a client. A contact can belong to several clients;
// IsPrimary and Position are those it has with the client it was read with.
type Contact struct {
	UUID       ContactUUID `xml:"UUID"`
	Name       string      `xml:"Name"`
	Salutation string      `xml:"Salutation"`
	Addressee  string      `xml:"Addressee"`
	Mobile     string      `xml:"Mobile"`
	Phone      string      `xml:"Phone"`
	Email      string      `xml:"Email"`
	Position   string      `xml:"Position"`
	IsPrimary  Flag        `xml:"IsPrimary"`
	IsDeleted  Flag        `xml:"IsDeleted"`
	Extra      []Element   `xml:",any"`
}

// Note is a note on a client. Tags take the place of Folder since August 2025;
// the element's exact form is assumed from the published schema.
type Note struct {
	Title     string    `xml:"Title"`
	Text      string    `xml:"Text"`
	Folder    string    `xml:"Folder"`
	Tags      string    `xml:"Tags"`
	Date      DateTime  `xml:"Date"`
	CreatedBy string    `xml:"CreatedBy"`
	Extra     []Element `xml:",any"`
}

// Relationship ties a client to another one. Type reads differently from either
// side ("Director", "Director of") and is an open set.
type Relationship struct {
	UUID           RelationshipUUID `xml:"UUID"`
	Type           string           `xml:"Type"`
	RelatedClient  ClientRef        `xml:"RelatedClient"`
	NumberOfShares Decimal          `xml:"NumberOfShares"` // set for shareholders and owners
	Percentage     Decimal          `xml:"Percentage"`     // set for partners; 0 to 100
	StartDate      DateTime         `xml:"StartDate"`
	EndDate        DateTime         `xml:"EndDate"`
	Extra          []Element        `xml:",any"`
}

// ClientType is the practice's billing terms for a kind of client.
type ClientType struct {
	Name        string  `xml:"Name"`
	CostMarkup  Decimal `xml:"CostMarkup"`  // a percentage
	PaymentTerm string  `xml:"PaymentTerm"` // DayOfMonth or WithinDays
	PaymentDay  Decimal `xml:"PaymentDay"`
}

// AutoBasOptInCriteria says for which periods activity statements are made
// automatically.
type AutoBasOptInCriteria struct {
	Annually  Flag `xml:"Annually"`
	Monthly   Flag `xml:"Monthly"`
	Quarterly Flag `xml:"Quarterly"`
	OptOut    Flag `xml:"Opt-Out"`
}

// clientXML is a client on the wire. What later decides something destructive
// is read into slices, so that a missing and a repeated element are noticed.
type clientXML struct {
	ClientEntity
	UUIDs    []ClientUUID `xml:"UUID"`
	Archived []Flag       `xml:"IsArchived"`
	Deleted  []Flag       `xml:"IsDeleted"`
}

// readClient decodes one Client element.
func readClient(d *xml.Decoder, start xml.StartElement) (ClientEntity, error) {
	var w clientXML
	if err := d.DecodeElement(&w, &start); err != nil {
		return ClientEntity{}, err
	}
	if len(w.UUIDs) != 1 || w.UUIDs[0] == "" {
		return ClientEntity{}, malformed("a client without exactly one UUID")
	}
	c := w.ClientEntity
	c.UUID = w.UUIDs[0]
	c.ClientCode = strings.TrimSpace(c.ClientCode)
	c.Name = strings.TrimSpace(c.Name)
	c.Address, c.PostalAddress = trimLines(c.Address), trimLines(c.PostalAddress)
	archived, a := yesOrNo(w.Archived)
	deleted, b := yesOrNo(w.Deleted)
	if c.StateKnown = a && b; c.StateKnown {
		c.IsArchived, c.IsDeleted = archived, deleted
	}
	return c, nil
}

// yesOrNo reads a flag that must be there exactly once.
func yesOrNo(flags []Flag) (yes, known bool) {
	if len(flags) != 1 {
		return false, false
	}
	return flags[0] == FlagYes, flags[0] == FlagYes || flags[0] == FlagNo
}
