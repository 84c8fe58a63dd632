package choreo

import "github.com/aura-runtime/aura/choreo/syntax"

// Protocol is a choreography that passed every check. It is immutable.
type Protocol struct {
	// Name is the name of the protocol, Namespace that of its module; "" without one.
	Name, Namespace string
	// File is the tree that the protocol was read from.
	File *syntax.File
	// Families are the declared roles in the order of their declaration. A plain role is a family of one.
	Families []Family

	helpers    map[string]*syntax.Protocol
	endless    map[*syntax.Par]bool
	assessment Assessment
}

// Family is a declared role or family of roles.
type Family struct {
	Name string
	// Plain is whether the role was declared without brackets.
	Plain bool
	// Size is the number of members if it was declared, as in Witness[4]; 0 if a binding gives it.
	Size int
	// Parameter is the key of the binding that gives the size: N for Witness[N], and Witness for Witness[*].
	Parameter string
}

// QualifiedName is "module.Protocol", or the bare name without a module.
func (p *Protocol) QualifiedName() string {
	if p.Namespace == "" {
		return p.Name
	}
	return p.Namespace + "." + p.Name
}

// Assessment says which uses the protocol allows, as found by instantiating it with families of two.
func (p *Protocol) Assessment() Assessment { return p.assessment }

// Load parses and checks a choreography. The name stands for the file in messages. With any problem the
// protocol is nil; the problems are as many as one run can tell apart, in the order of the text.
func Load(name, text string) (*Protocol, syntax.Diagnostics) {
	file, problems := syntax.Parse(name, text)
	if len(problems) > 0 {
		return nil, problems
	}
	c := newChecker(file)
	c.check()
	if len(c.problems) > 0 {
		return nil, c.problems.Sorted()
	}
	p := c.protocol()
	assessment, problems := p.probe()
	if len(problems) > 0 {
		return nil, problems.Sorted()
	}
	p.assessment = assessment
	return p, nil
}

// Tier says which uses a protocol allows. The numbers are append-only and a lower one allows more.
type Tier uint8

// The tiers.
const (
	// TierSessionProjectable: it is a session type; every role has its part.
	TierSessionProjectable Tier = 1
	// TierMachineExecutable: it runs, but uses something that session types have no word for; the reasons say
	// how that is run.
	TierMachineExecutable Tier = 2
	// TierProofOnly: it is checked and kept, and cannot be run.
	TierProofOnly Tier = 3
)

var tierNames = [...]string{
	TierSessionProjectable: "session_projectable", TierMachineExecutable: "protocol_machine_executable", TierProofOnly: "proof_only",
}

func (t Tier) String() string {
	if int(t) < len(tierNames) {
		return tierNames[t]
	}
	return "unknown tier"
}

// Assessment is the tier of a protocol, and the reasons against a better one.
type Assessment struct {
	Tier Tier
	// TheoryConvertible is whether the protocol is exactly the Global type that stands for it.
	TheoryConvertible bool
	// Reasons are the constructs that lower the tier, in the order of the text.
	Reasons syntax.Diagnostics
}
