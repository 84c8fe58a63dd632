package machine

import (
	"crypto/sha256"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine/internal/wire"
)

const imageMagic = "aura.machine.image.v1\n"

// seal computes the digests of a checked image.
func (im *Image) seal() {
	im.digest = sha256.Sum256(im.Encode())
	im.labelSums = make([][32]byte, len(im.labels))
	for i, l := range im.labels {
		var w wire.Writer
		writeLabel(&w, l)
		im.labelSums[i] = sha256.Sum256(w.Buf)
	}
}

func writeLabel(w *wire.Writer, l choreo.Label) {
	w.String(l.Name)
	w.String(l.Payload)
	writeSort(w, l.Sort)
}

// Encode returns the image as bytes for [Load]: the same bytes for the same image.
func (im *Image) Encode() []byte {
	w := wire.Writer{Buf: []byte(imageMagic)}
	w.String(im.name)
	w.Uint(uint64(len(im.roles)))
	for i, r := range im.roles {
		w.String(string(r))
		w.Uint(uint64(im.programs[i].start + 1))
		w.Uint(uint64(im.programs[i].fragment))
	}
	w.Uint(uint64(len(im.fragments)))
	for _, f := range im.fragments {
		w.String(f)
	}
	w.Uint(uint64(len(im.labels)))
	for _, l := range im.labels {
		writeLabel(&w, l)
	}
	w.Uint(uint64(len(im.edges)))
	for _, e := range im.edges {
		w.Uint(uint64(e.from))
		w.Uint(uint64(e.to))
	}
	w.Uint(uint64(len(im.branches)))
	for _, b := range im.branches {
		w.Uint(uint64(b.label))
		w.Uint(uint64(b.site))
		w.Uint(uint64(b.next))
	}
	w.Uint(uint64(len(im.states)))
	for _, s := range im.states {
		w.Byte(byte(s.kind))
		w.Uint(uint64(s.edge))
		w.Uint(uint64(s.count))
	}
	return w.Buf
}

// Load reads what [Image.Encode] wrote. It checks every number and every reference, so that running the
// image cannot go astray, and it allocates no more than a small multiple of len(b). That the image follows
// a protocol is another question: see [Image.Verify]. It returns aura.Corrupt.
func Load(b []byte) (*Image, error) {
	const op = "machine.Load"
	if len(b) > maxImageBytes {
		return nil, aura.Errorf(op, aura.Exhausted, "an image of %d bytes", len(b))
	}
	r := wire.NewReader(op, b)
	magic := make([]byte, len(imageMagic))
	r.Fixed(magic)
	if r.Err() == nil && string(magic) != imageMagic {
		r.Fail("this is no image, or one of another version")
	}
	im := &Image{name: r.String(maxNameBytes, "the name")}
	im.readRoles(r)
	im.readLabels(r)
	im.readTables(r)
	if err := r.End(); err != nil {
		return nil, err
	}
	if err := im.check(op, aura.Corrupt); err != nil {
		return nil, err
	}
	im.seal()
	return im, nil
}

func (im *Image) readRoles(r *wire.Reader) {
	n := r.Count(maxRoles, 3, "roles")
	im.roles = make([]choreo.Role, n)
	im.programs = make([]program, n)
	for i := range n {
		im.roles[i] = choreo.Role(r.String(maxNameBytes, "a role"))
		im.programs[i].start = int32(r.Max(maxStates, "a start")) - 1
		im.programs[i].fragment = uint16(r.Max(maxFragments, "a fragment"))
	}
	im.fragments = make([]string, r.Count(maxFragments, 1, "fragments"))
	for i := range im.fragments {
		im.fragments[i] = r.String(maxNameBytes, "a fragment")
	}
}

func (im *Image) readLabels(r *wire.Reader) {
	im.labels = make([]choreo.Label, r.Count(maxLabels, 3, "labels"))
	for i := range im.labels {
		l := &im.labels[i]
		l.Name = r.String(maxNameBytes, "a label")
		l.Payload = r.String(maxNameBytes, "a payload type")
		nodes := maxSortNodes
		l.Sort = readSort(r, 0, &nodes)
	}
}

func (im *Image) readTables(r *wire.Reader) {
	im.edges = make([]edge, r.Count(maxEdges, 2, "edges"))
	for i := range im.edges {
		im.edges[i] = edge{RoleID(r.Max(maxRoles, "a role")), RoleID(r.Max(maxRoles, "a role"))}
	}
	im.branches = make([]branch, r.Count(maxBranches, 3, "branches"))
	for i := range im.branches {
		im.branches[i] = branch{
			label: LabelID(r.Max(maxLabels, "a label")),
			site:  choreo.SiteID(r.Max(1<<31-1, "a site")),
			next:  int32(r.Max(maxStates, "a state")),
		}
	}
	im.states = make([]state, r.Count(maxStates, 3, "states"))
	first := uint32(0) // every branch belongs to one state, in order: no range is written, so none can overlap
	for i := range im.states {
		s := state{kind: choreo.StateKind(r.Byte()), edge: EdgeID(r.Max(maxEdges, "an edge")), first: first}
		s.count = uint32(r.Max(uint64(len(im.branches))-uint64(first), "a branch count"))
		first += s.count
		im.states[i] = s
	}
}

func writeSort(w *wire.Writer, s choreo.Sort) {
	w.Byte(byte(s.Kind))
	switch s.Kind {
	case choreo.SortVector:
		w.Uint(uint64(s.Len))
	case choreo.SortProd:
		writeSort(w, *s.Left)
		writeSort(w, *s.Right)
	}
}

func readSort(r *wire.Reader, depth int, nodes *int) choreo.Sort {
	*nodes--
	if depth > maxSortDepth || *nodes < 0 {
		r.Fail("a payload type is too deep")
		return choreo.Sort{}
	}
	s := choreo.Sort{Kind: choreo.SortKind(r.Byte())}
	switch s.Kind {
	case choreo.SortUnit, choreo.SortNat, choreo.SortBool, choreo.SortString, choreo.SortReal:
	case choreo.SortVector:
		s.Len = int(r.Max(maxPayload/8, "a vector"))
	case choreo.SortProd:
		left := readSort(r, depth+1, nodes)
		right := readSort(r, depth+1, nodes)
		s.Left, s.Right = &left, &right
	default:
		r.Fail("a payload type is of no known kind")
	}
	return s
}
