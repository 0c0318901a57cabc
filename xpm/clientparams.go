package xpm

import (
	"log/slog"
	"strconv"
	"strings"
	"time"
)

// ClientParams is what Clients.Create and Clients.Update write. Name is
// required. What is zero is not sent: a new client does not have it then, and an
// old one is assumed to keep what it has, which is not documented.
//
// Beyond what Xero documents are Title, Gender, MiddleName, DateOfDeath,
// PlaceOfBirthCity, PlaceOfBirthCountryCode, BranchNumber, AutoBasOptInCriteria,
// ActiveAtoClient, ClientCode and IsProspect, and ExportCode in an update. They
// are in the schema that Xero published in May 2026 and withdrew.
//
// The fields from FirstName on need the Practice Management module, except
// ClientCode and IsProspect.
type ClientParams struct {
	Name               string // as people see it
	Email              string
	Address            string
	City               string
	Region             string
	PostCode           string
	Country            string
	PostalAddress      string
	PostalCity         string
	PostalRegion       string
	PostalPostCode     string
	PostalCountry      string
	Phone              string
	Fax                string
	Website            string // WebSite on the wire, though answers have Website
	ReferralSource     string
	ExportCode         string
	AccountManagerUUID StaffUUID
	Contacts           []ContactParams // for Create; XPM takes the last that is primary for the primary one
	BillingClientUUID  ClientUUID

	Title                    string // such as Mrs
	Gender                   string
	FirstName                string // of a person, for tax purposes
	MiddleName               string
	LastName                 string
	OtherName                string
	DateOfBirth              time.Time // sent as yyyy-MM-dd, which is assumed
	DateOfDeath              time.Time
	PlaceOfBirthCity         string
	PlaceOfBirthCountryCode  string
	JobManagerUUID           StaffUUID
	TaxNumber                TaxNumber
	CompanyNumber            string
	BusinessNumber           string
	BranchNumber             string
	BusinessStructure        string     // its name, as the practice defines it
	BalanceMonth             time.Month // zero is not sent
	PrepareGST               Flag
	GSTRegistered            Flag
	GSTPeriod                GSTPeriod
	GSTBasis                 string  // Invoice, Payment or Hybrid
	ProvisionalTaxBasis      string  // Standard Option, Estimate Option or Ratio Option
	ProvisionalTaxRatio      Decimal // how it is written is not documented
	SignedTaxAuthority       Flag    // New Zealand
	TaxAgent                 string  // New Zealand; the name, as the practice defines it
	AgencyStatus             string  // New Zealand; With EOT, Without EOT or Unlinked
	ReturnType               string  // New Zealand; such as IR3
	PrepareActivityStatement Flag    // Australia
	PrepareTaxReturn         Flag    // Australia
	AutoBasOptInCriteria     AutoBasOptInCriteria
	ActiveAtoClient          Flag
	ClientCode               string
	IsProspect               Flag

	// Clear names elements that Update sends empty, as requests spell them, such
	// as "Email" or "WebSite". That this clears them is assumed; it is documented
	// for custom fields only.
	Clear []string
}

// fields are the elements in the order of the documented request.
func (p ClientParams) fields() []field {
	var contacts, optIn []field
	for _, c := range p.Contacts {
		contacts = append(contacts, field{name: "Contact", inner: c.fields("Name", "IsPrimary", "Salutation", "Addressee", "Phone", "Mobile", "Email", "Position")})
	}
	if o := p.AutoBasOptInCriteria; o != (AutoBasOptInCriteria{}) {
		optIn = []field{{name: "Annually", value: string(o.Annually)}, {name: "Monthly", value: string(o.Monthly)}, {name: "Quarterly", value: string(o.Quarterly)}, {name: "Opt-Out", value: string(o.OptOut)}}
	}
	return []field{
		{name: "Name", value: p.Name}, {name: "Email", value: p.Email},
		{name: "Address", value: p.Address}, {name: "City", value: p.City}, {name: "Region", value: p.Region}, {name: "PostCode", value: p.PostCode}, {name: "Country", value: p.Country},
		{name: "PostalAddress", value: p.PostalAddress}, {name: "PostalCity", value: p.PostalCity}, {name: "PostalRegion", value: p.PostalRegion}, {name: "PostalPostCode", value: p.PostalPostCode}, {name: "PostalCountry", value: p.PostalCountry},
		{name: "Phone", value: p.Phone}, {name: "Fax", value: p.Fax}, {name: "WebSite", value: p.Website},
		{name: "ReferralSource", value: p.ReferralSource}, {name: "ExportCode", value: p.ExportCode},
		{name: "AccountManagerUUID", value: string(p.AccountManagerUUID)},
		{name: "Contacts", inner: contacts},
		{name: "BillingClientUUID", value: string(p.BillingClientUUID)},
		{name: "Title", value: p.Title}, {name: "Gender", value: p.Gender},
		{name: "FirstName", value: p.FirstName}, {name: "MiddleName", value: p.MiddleName}, {name: "LastName", value: p.LastName}, {name: "OtherName", value: p.OtherName},
		{name: "DateOfBirth", value: isoDate(p.DateOfBirth)}, {name: "DateOfDeath", value: isoDate(p.DateOfDeath)},
		{name: "PlaceOfBirthCity", value: p.PlaceOfBirthCity}, {name: "PlaceOfBirthCountryCode", value: p.PlaceOfBirthCountryCode},
		{name: "JobManagerUUID", value: string(p.JobManagerUUID)},
		{name: "TaxNumber", value: string(p.TaxNumber)}, {name: "CompanyNumber", value: p.CompanyNumber}, {name: "BusinessNumber", value: p.BusinessNumber}, {name: "BranchNumber", value: p.BranchNumber},
		{name: "BusinessStructure", value: p.BusinessStructure}, {name: "BalanceMonth", value: number(p.BalanceMonth)},
		{name: "PrepareGST", value: string(p.PrepareGST)}, {name: "GSTRegistered", value: string(p.GSTRegistered)}, {name: "GSTPeriod", value: number(p.GSTPeriod)}, {name: "GSTBasis", value: p.GSTBasis},
		{name: "ProvisionalTaxBasis", value: p.ProvisionalTaxBasis}, {name: "ProvisionalTaxRatio", value: string(p.ProvisionalTaxRatio)},
		{name: "SignedTaxAuthority", value: string(p.SignedTaxAuthority)}, {name: "TaxAgent", value: p.TaxAgent}, {name: "AgencyStatus", value: p.AgencyStatus}, {name: "ReturnType", value: p.ReturnType},
		{name: "PrepareActivityStatement", value: string(p.PrepareActivityStatement)}, {name: "PrepareTaxReturn", value: string(p.PrepareTaxReturn)},
		{name: "AutoBasOptInCriteria", inner: optIn}, {name: "ActiveAtoClient", value: string(p.ActiveAtoClient)},
		{name: "ClientCode", value: p.ClientCode}, {name: "IsProspect", value: string(p.IsProspect)},
	}
}

// number is n in digits, and empty for zero.
func number[T ~int](n T) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(int(n))
}

// check refuses what cannot be right before it is sent.
func (p ClientParams) check(op string) error {
	switch {
	case strings.TrimSpace(p.Name) == "":
		return invalid(op, "the name is required")
	case p.TaxNumber.masked():
		return invalid(op, "the tax number is masked: XPM would store the asterisks")
	}
	return nil
}

// TaxNumber is a tax number in full, to be written. XPM gives back only a
// MaskedTaxNumber, which is another type; a TaxNumber with an asterisk in it is
// refused with ErrInvalid before anything is sent. It prints and logs masked.
type TaxNumber string

func (n TaxNumber) masked() bool { return strings.Contains(string(n), "*") }

// String masks all but the last three characters.
func (n TaxNumber) String() string {
	var m MaskedTaxNumber
	_ = m.UnmarshalText([]byte(n))
	return string(m)
}

// GoString masks as String does.
func (n TaxNumber) GoString() string { return strconv.Quote(n.String()) }

// LogValue masks as String does.
func (n TaxNumber) LogValue() slog.Value { return slog.StringValue(n.String()) }

// GSTPeriod is how many months a GST period has, as requests say it. Answers say
// it in words, in ClientEntity.GSTPeriod; GSTPeriodOf translates them.
type GSTPeriod int

// The GST periods.
const (
	GSTPeriodMonthly    GSTPeriod = 1
	GSTPeriodTwoMonthly GSTPeriod = 2
	GSTPeriodSixMonthly GSTPeriod = 6
)

// GSTPeriodOf translates the words of an answer: Monthly, 2 Monthly, 6 Monthly.
// It is zero, which is not sent, for any other.
func GSTPeriodOf(text string) GSTPeriod {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "monthly":
		return GSTPeriodMonthly
	case "2 monthly":
		return GSTPeriodTwoMonthly
	case "6 monthly":
		return GSTPeriodSixMonthly
	}
	return 0
}
