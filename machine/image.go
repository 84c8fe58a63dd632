package machine

import (
	"encoding/hex"
	"slices"

	"github.com/aura-runtime/aura/choreo"
)

// Image is a protocol in the form that the machine runs: tables indexed by small numbers. It is immutable
// and may serve any number of sessions and machines. [Compile] makes one, [Load] reads one.
type Image struct {
	name      string
	roles     []choreo.Role // in the order of Role.Compare
	labels    []choreo.Label
	fragments []string
	programs  []program // by RoleID
	edges     []edge    // by EdgeID, sorted by sender, then receiver
	states    []state
	branches  []branch
	digest    [32]byte
	labelSums [][32]byte // what stands for each label in an identity
}

// RoleID is the place of a role in its image, LabelID that of a message, EdgeID that of a directed pair of
// roles that exchange messages. NoRole and NoLabel stand where none applies.
type (
	RoleID  uint16
	LabelID uint32
	EdgeID  uint32
)

// The numbers for no role and no label.
const (
	NoRole  RoleID  = 0xffff
	NoLabel LabelID = 0xffff_ffff
)

// program is one role's part: where it starts, and the unit of ownership that it belongs to. A role
// without states of its own starts at noState: it is played elsewhere.
type program struct {
	start    int32
	fragment uint16
}

const noState int32 = -1

type edge struct{ from, to RoleID }

// state is one situation of one role; its branches are Image.branches[first : first+count].
type state struct {
	kind  choreo.StateKind
	edge  EdgeID
	first uint32
	count uint32
}

type branch struct {
	label LabelID
	site  choreo.SiteID
	next  int32
}

// Name is the qualified name of the protocol.
func (im *Image) Name() string { return im.name }

// Digest is the SHA-256 of the image's encoding. Equal images behave alike.
func (im *Image) Digest() [32]byte { return im.digest }

// Roles returns all roles in the order of their RoleID. The caller must not change it.
func (im *Image) Roles() []choreo.Role { return im.roles }

// Role returns the place of a role, and false if the image has none of this name.
func (im *Image) Role(name choreo.Role) (RoleID, bool) {
	i, ok := slices.BinarySearchFunc(im.roles, name, choreo.Role.Compare)
	return RoleID(i), ok
}

// RoleName returns the name of a role, "-" for NoRole or one that the image does not have.
func (im *Image) RoleName(id RoleID) choreo.Role {
	if int(id) >= len(im.roles) {
		return "-"
	}
	return im.roles[id]
}

// Label returns a message; the zero Label for one that the image does not have.
func (im *Image) Label(id LabelID) choreo.Label {
	if int(id) >= len(im.labels) {
		return choreo.Label{}
	}
	return im.labels[id]
}

// FindLabel returns the message with this name that can pass from one role to another, and false if there
// is none. Where the protocol has several of one name it returns the first.
func (im *Image) FindLabel(from, to RoleID, name string) (LabelID, bool) {
	for i := range im.states {
		s := &im.states[i]
		if s.kind == choreo.StateEnd || im.edges[s.edge] != (edge{from, to}) {
			continue
		}
		for _, b := range im.branchesOf(s) {
			if im.labels[b.label].Name == name {
				return b.label, true
			}
		}
	}
	return NoLabel, false
}

// Sites returns the sites of a message that can pass from one role to another, see [Offer.Site].
func (im *Image) Sites(from, to RoleID, label LabelID) (all []choreo.SiteID) {
	for i := range im.states {
		s := &im.states[i]
		if s.kind == choreo.StateEnd || im.edges[s.edge] != (edge{from, to}) {
			continue
		}
		for _, b := range im.branchesOf(s) {
			if b.label == label {
				all = append(all, b.site)
			}
		}
	}
	return all
}

// Exchange reports whether messages can pass between two roles.
func (im *Image) Exchange(a, b RoleID) bool {
	_, there := im.findEdge(a, b)
	_, back := im.findEdge(b, a)
	return there || back
}

// Fragments returns the names of the units of ownership, sorted: "protocol:NAME", or one "bundle:ID" for
// each linked bundle.
func (im *Image) Fragments() []string { return im.fragments }

// Fragment returns the unit of ownership that a role's part belongs to.
func (im *Image) Fragment(role RoleID) string {
	if int(role) >= len(im.programs) {
		return ""
	}
	return im.fragments[im.programs[role].fragment]
}

// String names the image and the first bytes of its digest.
func (im *Image) String() string { return im.name + "@" + hex.EncodeToString(im.digest[:4]) }

func (im *Image) branchesOf(s *state) []branch { return im.branches[s.first : s.first+s.count] }

func (im *Image) findEdge(from, to RoleID) (EdgeID, bool) {
	i, ok := slices.BinarySearchFunc(im.edges, edge{from, to}, compareEdges)
	return EdgeID(i), ok
}

func compareEdges(a, b edge) int {
	if a.from != b.from {
		return int(a.from) - int(b.from)
	}
	return int(a.to) - int(b.to)
}

// played reports whether the image has the part of a role, not only its name.
func (im *Image) played(role RoleID) bool { return im.programs[role].start != noState }
