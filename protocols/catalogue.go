package protocols

import (
	"embed"

	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/choreo/syntax"
)

//go:embed */*.tell
var texts embed.FS

// Entry is one protocol of Aura.
type Entry struct {
	// Package is the name of the package with the endpoints, which is also that of its folder and of its text:
	// consensus stands for consensus/consensus.tell.
	Package string
	// Binding gives the sizes of the families in the endpoints; nil for a protocol without families. A session
	// may have others.
	Binding choreo.Binding
	// Defaults are the inputs of admission beside the text. Two agents compare the protocol's id.
	Defaults choreo.Defaults
}

// All returns every protocol, in the order of the package's table.
func All() []Entry {
	const (
		consensus = "aura.vm.consensus_fallback.prod"
		recovery  = "aura.vm.recovery_grant.prod"
	)
	three := choreo.Binding{"N": 3}
	return []Entry{
		{Package: "contactmessage", Defaults: choreo.Defaults{ProtocolID: "aura.chat.contact_message"}},
		{Package: "delivery", Defaults: choreo.Defaults{ProtocolID: "aura.link.delivery"}},
		{Package: "invitation", Defaults: choreo.Defaults{ProtocolID: "aura.invitation.exchange"}},
		{Package: "enrolment", Defaults: choreo.Defaults{ProtocolID: "aura.invitation.device_enrolment"}},
		{Package: "journalsync", Defaults: choreo.Defaults{ProtocolID: "aura.sync.journal"}},
		{Package: "sessioncoordination", Binding: three, Defaults: choreo.Defaults{ProtocolID: "aura.session.coordination"}},
		{Package: "consensus", Binding: three, Defaults: choreo.Defaults{
			ProtocolID: "aura.consensus", Policy: consensus, Capabilities: []string{"byzantine_envelope"},
		}},
		{Package: "guardianceremony", Binding: three, Defaults: choreo.Defaults{
			ProtocolID: "aura.recovery.guardian_ceremony", Policy: recovery, Capabilities: []string{"termination_bounded"},
		}},
		{Package: "runtimeupgrade", Binding: three, Defaults: choreo.Defaults{
			ProtocolID: "aura.upgrade.runtime", Policy: recovery, Capabilities: []string{"termination_bounded"},
		}},
		{Package: "delegation", Defaults: choreo.Defaults{ProtocolID: "aura.session.delegation"}},
		{Package: "anonymouspath", Defaults: choreo.Defaults{ProtocolID: "aura.path.establish"}},
		{Package: "holddeposit", Defaults: choreo.Defaults{ProtocolID: "aura.hold.deposit"}},
		{Package: "holdretrieval", Defaults: choreo.Defaults{ProtocolID: "aura.hold.retrieval"}},
		{Package: "holdaudit", Defaults: choreo.Defaults{ProtocolID: "aura.hold.audit"}},
		{Package: "movereceipt", Defaults: choreo.Defaults{ProtocolID: "aura.move.receipt"}},
	}
}

// File is the name of the choreography without its folder, for example "consensus.tell".
func (e Entry) File() string { return e.Package + ".tell" }

// Text returns the choreography. An entry that is not of [All] has none.
func (e Entry) Text() string {
	data, err := texts.ReadFile(e.Package + "/" + e.File())
	if err != nil { // a name that was not embedded: the caller made the entry up
		return ""
	}
	return string(data)
}

// Load parses and checks the choreography. There are no problems with an entry of [All].
func (e Entry) Load() (*choreo.Protocol, syntax.Diagnostics) { return choreo.Load(e.File(), e.Text()) }

// Instantiate returns the protocol with the sizes of the entry's binding. It returns aura.Invalid for an entry
// that is not of [All].
func (e Entry) Instantiate() (*choreo.Instance, error) {
	p, problems := e.Load()
	if err := problems.Err("protocols.Instantiate"); err != nil {
		return nil, err
	}
	return p.Instantiate(e.Binding)
}
