package choreo

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aura-runtime/aura/choreo/syntax"
)

// DefaultPolicy is the determinism policy of a protocol for which admission names no other.
const DefaultPolicy = "aura.vm.prod.default"

// Manifest is the description of a protocol for its admission. Lists are in the order of the
// text, each entry once; the JSON form is part of the interface to other tools.
type Manifest struct {
	ProtocolName      string   `json:"protocol_name"`
	ProtocolNamespace string   `json:"protocol_namespace,omitempty"`
	QualifiedName     string   `json:"protocol_qualified_name"`
	ProtocolID        string   `json:"protocol_id"`
	RoleNames         []string `json:"role_names,omitempty"`
	// RequiredCapabilities are the abilities that the runtime must have, from [Defaults].
	RequiredCapabilities []string `json:"required_capabilities,omitempty"`
	// TheoremPacks are the declared proof bundles, RequiredTheoremPacks the names of those required, and
	// RequiredTheoremPackCapabilities the evidence that those demand.
	TheoremPacks                    []ProofBundle `json:"theorem_packs,omitempty"`
	RequiredTheoremPacks            []string      `json:"required_theorem_packs,omitempty"`
	RequiredTheoremPackCapabilities []string      `json:"required_theorem_pack_capabilities,omitempty"`
	GuardCapabilities               []string      `json:"guard_capabilities,omitempty"`
	DeterminismPolicyRef            string        `json:"determinism_policy_ref,omitempty"`
	LinkSpecs                       []LinkSpec    `json:"link_specs,omitempty"`
	// DelegationConstraints say from which role to which a part may be handed over.
	DelegationConstraints []DelegationConstraint `json:"delegation_constraints,omitempty"`
}

// ProofBundle is named evidence that must be present at admission.
type ProofBundle struct {
	Name         string   `json:"name"`
	Capabilities []string `json:"capabilities,omitempty"`
	Version      string   `json:"version,omitempty"`
	Issuer       string   `json:"issuer,omitempty"`
	Constraints  []string `json:"constraints,omitempty"`
}

// LinkSpec is the bundle that a role's part belongs to.
type LinkSpec struct {
	Role     string   `json:"role"`
	BundleID string   `json:"bundle_id"`
	Exports  []string `json:"exports,omitempty"`
	Imports  []string `json:"imports,omitempty"`
}

// DelegationConstraint permits one transfer that the protocol speaks of.
type DelegationConstraint struct {
	FromRole         string `json:"from_role"`
	ToRole           string `json:"to_role"`
	RequiredBundleID string `json:"required_bundle_id,omitempty"`
}

// Defaults is a deployment's knowledge about a protocol beyond its text.
type Defaults struct {
	// ProtocolID; default "aura." and the qualified name in lower case, its words joined by "_".
	ProtocolID string
	// Policy is the determinism policy; default [DefaultPolicy].
	Policy string
	// Capabilities are the abilities that the runtime must have; default none.
	Capabilities []string
}

// Manifest describes the protocol for admission. A proof bundle that is declared alone is required even
// if the protocol does not say so.
func (p *Protocol) Manifest(d Defaults) Manifest {
	m := Manifest{
		ProtocolName: p.Name, ProtocolNamespace: p.Namespace, QualifiedName: p.QualifiedName(),
		ProtocolID: d.ProtocolID, DeterminismPolicyRef: d.Policy,
		RequiredCapabilities: slices.Clone(d.Capabilities),
	}
	if m.ProtocolID == "" {
		m.ProtocolID = "aura." + identifier(p.QualifiedName())
	}
	if m.DeterminismPolicyRef == "" {
		m.DeterminismPolicyRef = DefaultPolicy
	}
	for _, f := range p.Families {
		m.RoleNames = append(m.RoleNames, f.Name)
	}
	p.bundles(&m)
	p.eachStmt(func(s syntax.Stmt) { p.describe(&m, s) })
	p.eachStmt(func(s syntax.Stmt) { m.delegations(s) })
	m.RequiredTheoremPackCapabilities = once(m.RequiredTheoremPackCapabilities, same)
	m.GuardCapabilities = once(m.GuardCapabilities, same)
	m.LinkSpecs = once(m.LinkSpecs, func(l LinkSpec) string { return fmt.Sprintf("%q", l) })
	m.DelegationConstraints = once(m.DelegationConstraints, func(d DelegationConstraint) string { return fmt.Sprintf("%q", d) })
	return m
}

func (p *Protocol) bundles(m *Manifest) {
	required := map[string]bool{}
	for _, r := range p.File.Protocol.Requires {
		required[r.Text] = true
	}
	for _, d := range p.File.Decls {
		b, ok := d.(*syntax.ProofBundle)
		if !ok {
			continue
		}
		pack := ProofBundle{Name: b.Name.Text, Version: b.Version, Issuer: b.Issuer, Constraints: b.Constraints}
		for _, r := range b.Requires {
			pack.Capabilities = append(pack.Capabilities, r.Text)
		}
		m.TheoremPacks = append(m.TheoremPacks, pack)
	}
	for _, pack := range m.TheoremPacks {
		if !required[pack.Name] && (len(required) > 0 || len(m.TheoremPacks) > 1) {
			continue
		}
		m.RequiredTheoremPacks = append(m.RequiredTheoremPacks, pack.Name)
		m.RequiredTheoremPackCapabilities = append(m.RequiredTheoremPackCapabilities, pack.Capabilities...)
	}
}

// describe adds the demands of one send's annotations.
func (p *Protocol) describe(m *Manifest, s syntax.Stmt) {
	role := ""
	switch s := s.(type) {
	case *syntax.Send:
		role = s.From.Name.Text
	case *syntax.Broadcast:
		role = s.From.Name.Text
	}
	for _, req := range lower(notesOf(s), ignore).Requirements {
		switch req := req.(type) {
		case RequireCapability:
			m.GuardCapabilities = append(m.GuardCapabilities, req.Name)
		case RequireLink:
			m.LinkSpecs = append(m.LinkSpecs,
				LinkSpec{Role: role, BundleID: req.Link.Bundle, Exports: req.Link.Exports, Imports: req.Link.Imports})
		}
	}
}

// delegations adds the transfer that a statement speaks of.
func (m *Manifest) delegations(s syntax.Stmt) {
	var e *syntax.Expr
	switch s := s.(type) {
	case *syntax.Let:
		e = s.Value
	case *syntax.Case:
		e = s.Subject
	}
	if e == nil || e.Kind != syntax.ExprTransfer {
		return
	}
	d := DelegationConstraint{FromRole: e.From.String(), ToRole: e.To.String()}
	for _, l := range m.LinkSpecs {
		if l.Role == e.From.Name.Text {
			d.RequiredBundleID = l.BundleID
			break
		}
	}
	m.DelegationConstraints = append(m.DelegationConstraints, d)
}

// once keeps the first of the entries that have the same key.
func once[T any](list []T, key func(T) string) []T {
	seen := make(map[string]bool, len(list))
	return slices.DeleteFunc(list, func(v T) bool {
		k := key(v)
		again := seen[k]
		seen[k] = true
		return again
	})
}

func same(s string) string { return s }

// identifier turns "shop.BuyThings" into "shop.buy_things".
func identifier(name string) string {
	var b strings.Builder
	lower := false // whether the letter before was one
	for _, c := range []byte(name) {
		upper := 'A' <= c && c <= 'Z'
		if upper {
			if lower {
				b.WriteByte('_')
			}
			c += 'a' - 'A'
		}
		lower = !upper && c != '.' && c != '_'
		b.WriteByte(c)
	}
	return b.String()
}
