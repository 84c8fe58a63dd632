package machine

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
)

// Part is the behaviour of one role.
type Part struct {
	Role  choreo.Role
	Local choreo.Local
}

// CompileOptions complete the local types.
type CompileOptions struct {
	// Links place roles in bundles; default none: the whole protocol is one fragment. A link for a family
	// name covers all its members, and a role without a link belongs to "protocol:NAME".
	Links []choreo.LinkSpec
}

// Compile makes an image of some or all parts of a protocol. Roles that are only spoken of as partners are
// part of the image without a part of their own: they are played elsewhere, so the image of one device
// holds the part of its own role alone.
//
// It returns aura.Invalid for a part that is not well-formed or given twice, and aura.Exhausted if the
// protocol is larger than the bounds of this package (16,384 roles, 1,048,576 states).
func Compile(name string, parts []Part, opts CompileOptions) (*Image, error) {
	const op = "machine.Compile"
	c := compiler{image: &Image{name: name}, labels: map[string]LabelID{}}
	tables, err := c.tabulate(parts)
	if err != nil {
		return nil, &aura.Error{Op: op, Kind: aura.KindOf(err), Err: err}
	}
	c.intern(tables)
	c.place(opts.Links)
	for _, t := range tables {
		c.lower(t)
	}
	if err := c.image.check(op, aura.Invalid); err != nil {
		return nil, err
	}
	c.image.seal()
	return c.image, nil
}

// maxCompiled bounds the parts that compiling one protocol projects, over all roles: some seconds of work.
const maxCompiled = 1 << 22

// CompileInstance makes an image of an instantiated protocol with the parts of all its roles, and with the
// fragments of its link annotations. It returns [aura.Exhausted] for a protocol whose roles times parts are too many.
func CompileInstance(inst *choreo.Instance) (*Image, error) {
	const op = "machine.CompileInstance"
	if n := inst.Parts(); n*len(inst.Roles) > maxCompiled {
		return nil, aura.Errorf(op, aura.Exhausted, "%d roles in a protocol of %d parts are too many for one machine: the most of roles times parts is %d, so bind smaller families",
			len(inst.Roles), n, maxCompiled)
	}
	parts := make([]Part, 0, len(inst.Roles))
	for _, role := range inst.Roles {
		local, err := inst.Local(role)
		if err != nil {
			return nil, &aura.Error{Op: op, Kind: aura.KindOf(err), Err: err}
		}
		parts = append(parts, Part{Role: role, Local: local})
	}
	links := inst.Protocol.Manifest(choreo.Defaults{}).LinkSpecs
	return Compile(inst.Protocol.QualifiedName(), parts, CompileOptions{Links: links})
}

// CompileGlobal projects a global type for all its roles and makes an image of them.
func CompileGlobal(name string, g choreo.Global) (*Image, error) {
	const op = "machine.CompileGlobal"
	var parts []Part
	for _, role := range choreo.RolesOf(g) {
		local, err := choreo.Project(g, role)
		if err != nil {
			return nil, &aura.Error{Op: op, Kind: aura.KindOf(err), Err: err}
		}
		parts = append(parts, Part{Role: role, Local: local})
	}
	return Compile(name, parts, CompileOptions{})
}

type compiler struct {
	image  *Image
	labels map[string]LabelID // by everything that tells labels apart
}

type roleTable struct {
	role  choreo.Role
	table *choreo.Table
}

func (c *compiler) tabulate(parts []Part) ([]roleTable, error) {
	tables := make([]roleTable, 0, len(parts))
	for _, p := range parts {
		t, err := choreo.NewTable(p.Local)
		if err != nil {
			return nil, aura.Errorf("", aura.KindOf(err), "role %s: %w", p.Role, err)
		}
		tables = append(tables, roleTable{p.Role, t})
	}
	slices.SortFunc(tables, func(a, b roleTable) int { return a.role.Compare(b.role) })
	for i := range tables[min(1, len(tables)):] {
		if tables[i].role == tables[i+1].role {
			return nil, aura.Errorf("", aura.Invalid, "role %s has two parts", tables[i].role)
		}
	}
	return tables, nil
}

// intern collects roles and edges, so that they can be numbered in their sorted order.
func (c *compiler) intern(tables []roleTable) {
	im := c.image
	for _, t := range tables {
		im.roles = append(im.roles, t.role)
		for i := range t.table.States {
			if s := &t.table.States[i]; s.Kind != choreo.StateEnd {
				im.roles = append(im.roles, s.Partner)
			}
		}
	}
	slices.SortFunc(im.roles, choreo.Role.Compare)
	im.roles = slices.Compact(im.roles)
	for _, t := range tables {
		for i := range t.table.States {
			if s := &t.table.States[i]; s.Kind != choreo.StateEnd {
				im.edges = append(im.edges, c.edge(t.role, s))
			}
		}
	}
	slices.SortFunc(im.edges, compareEdges)
	im.edges = slices.Compact(im.edges)
}

func (c *compiler) edge(role choreo.Role, s *choreo.State) edge {
	self, _ := c.image.Role(role)
	partner, _ := c.image.Role(s.Partner)
	if s.Kind == choreo.StateRecv {
		return edge{partner, self}
	}
	return edge{self, partner}
}

// place gives every role its fragment.
func (c *compiler) place(links []choreo.LinkSpec) {
	im := c.image
	names := make([]string, len(im.roles))
	for i, role := range im.roles {
		names[i] = "protocol:" + im.name
		family, _ := role.Family()
		for _, l := range links {
			if l.Role == string(role) || l.Role == family {
				names[i] = "bundle:" + l.BundleID
			}
		}
	}
	im.fragments = slices.Clone(names)
	slices.Sort(im.fragments)
	im.fragments = slices.Compact(im.fragments)
	im.programs = make([]program, len(im.roles))
	for i := range im.programs {
		at, _ := slices.BinarySearch(im.fragments, names[i])
		im.programs[i] = program{start: noState, fragment: uint16(at)}
	}
}

// lower appends the states of one role.
func (c *compiler) lower(t roleTable) {
	im := c.image
	base := int32(len(im.states))
	for i := range t.table.States {
		s := &t.table.States[i]
		out := state{kind: s.Kind, first: uint32(len(im.branches)), count: uint32(len(s.Edges))}
		if s.Kind != choreo.StateEnd {
			e := c.edge(t.role, s)
			out.edge, _ = im.findEdge(e.from, e.to)
		}
		for _, b := range s.Edges {
			im.branches = append(im.branches, branch{label: c.label(b.Label), site: b.Site, next: base + int32(b.Next)})
		}
		im.states = append(im.states, out)
	}
	role, _ := im.Role(t.role)
	im.programs[role].start = base + int32(t.table.Start)
}

func (c *compiler) label(l choreo.Label) LabelID {
	key := l.Name + "\x00" + l.Sort.String() + "\x00" + l.Payload
	id, ok := c.labels[key]
	if !ok {
		id = LabelID(len(c.image.labels))
		c.labels[key] = id
		c.image.labels = append(c.image.labels, l)
	}
	return id
}
