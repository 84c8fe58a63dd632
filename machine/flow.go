package machine

import (
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine/own"
)

// maxFacts bounds the knowledge of one session.
const maxFacts = 1024

// FlowKind says how a flow rule decides. The numbers are append-only.
type FlowKind uint8

// The kinds of rule.
const (
	FlowAllow FlowKind = 0
	FlowDeny  FlowKind = 1
	// FlowAllowRoles and FlowDenyRoles decide by the target role or its family.
	FlowAllowRoles FlowKind = 2
	FlowDenyRoles  FlowKind = 3
	// FlowTargetPrefix allows targets whose names begin with Text.
	FlowTargetPrefix FlowKind = 4
	// FlowFactContains allows facts that contain Text.
	FlowFactContains FlowKind = 5
	// FlowSelf allows a role to tell itself.
	FlowSelf FlowKind = 6
	// FlowAll and FlowAny combine the rules in Of; All of none allows, Any of none denies.
	FlowAll FlowKind = 7
	FlowAny FlowKind = 8
)

// FlowRule decides which knowledge of one role may reach another. The zero rule allows everything.
type FlowRule struct {
	Kind  FlowKind
	Roles []choreo.Role
	Text  string
	Of    []FlowRule
}

// Allows reports whether a fact that holder knows may reach target.
func (f FlowRule) Allows(holder, target choreo.Role, fact string) bool {
	listed := func() bool {
		family, _ := target.Family()
		return slices.Contains(f.Roles, target) || slices.Contains(f.Roles, choreo.Role(family))
	}
	allowed := func(r FlowRule) bool { return r.Allows(holder, target, fact) }
	switch f.Kind {
	case FlowAllow:
		return true
	case FlowAllowRoles:
		return listed()
	case FlowDenyRoles:
		return !listed()
	case FlowTargetPrefix:
		return strings.HasPrefix(string(target), f.Text)
	case FlowFactContains:
		return strings.Contains(fact, f.Text)
	case FlowSelf:
		return holder == target
	case FlowAll:
		return !slices.ContainsFunc(f.Of, func(r FlowRule) bool { return !allowed(r) })
	case FlowAny:
		return slices.ContainsFunc(f.Of, allowed)
	}
	return false // FlowDeny, and anything unknown
}

// Tag says that a role knows a fact. A session keeps at most 1,024 of them.
func (m *Machine) Tag(c own.Capability, role RoleID, fact string) error {
	const op = "machine.Tag"
	s, _, err := m.ownedRole(op, c, role)
	if err != nil {
		return err
	}
	if slices.Contains(s.facts, knowledge{role, fact}) {
		return nil
	}
	if len(s.facts) >= maxFacts || len(fact) > maxNameBytes {
		return aura.Errorf(op, aura.Exhausted, "session %d knows too much", s.id)
	}
	m.log.text(m.tick, EffectTag, s.id, role, fact)
	m.changed()
	s.facts = append(s.facts, knowledge{role, fact})
	m.emit(Event{Session: s.id, Kind: EventTagged, Role: role, Peer: NoRole, Label: NoLabel, Sum: Bytes([]byte(fact)).sum()})
	return nil
}

// Check reports whether a role knows a fact and the flow policy lets it reach another role. A role that the
// image does not have gets nothing.
func (m *Machine) Check(c own.Capability, role, target RoleID, fact string) (bool, error) {
	s, _, err := m.ownedRole("machine.Check", c, role)
	if err != nil {
		return false, err
	}
	allowed := int(target) < len(s.image.roles) && slices.Contains(s.facts, knowledge{role, fact}) &&
		m.options.Flow.Allows(s.image.RoleName(role), s.image.RoleName(target), fact)
	code := uint8(0)
	if allowed {
		code = 1
	}
	m.log.check(m.tick, s.id, role, target, fact)
	m.emit(Event{Session: s.id, Kind: EventChecked, Role: role, Peer: target, Label: NoLabel, Code: code, Sum: Bytes([]byte(fact)).sum()})
	return allowed, nil
}
