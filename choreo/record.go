package choreo

import (
	"strconv"

	"github.com/aura-runtime/aura/choreo/syntax"
)

// Record is one annotation as tools read it: its position and its text, without interpretation.
type Record struct {
	// Path leads to the statement: the index in its block, counted from 0, then the label or index of the
	// branch, and so on, as in "2/Take/0". A helper's statements begin with its name.
	Path string `json:"path"`
	// Scope is "sender": nothing else has annotations.
	Scope string `json:"scope"`
	// NodeKind is "send" or "broadcast".
	NodeKind string `json:"node_kind"`
	Role     string `json:"role"`
	// PeerRoles are the receivers as written; "*" for a broadcast.
	PeerRoles []string `json:"peer_roles"`
	Key       string   `json:"key"`
	Value     string   `json:"value"`
}

// Annotations lists all annotations of the protocol in the order of the text.
func (p *Protocol) Annotations() []Record {
	var out []Record
	out = records(out, "", p.File.Protocol.Body)
	for _, h := range p.File.Protocol.Where {
		out = records(out, h.Name.Text+"/", h.Body)
	}
	return out
}

func records(out []Record, path string, list []syntax.Stmt) []Record {
	for i, s := range list {
		at := path + strconv.Itoa(i)
		r := Record{Path: at, Scope: "sender"}
		switch s := s.(type) {
		case *syntax.Send:
			r.NodeKind, r.Role, r.PeerRoles = "send", s.From.String(), []string{s.To.String()}
		case *syntax.Broadcast:
			r.NodeKind, r.Role, r.PeerRoles = "broadcast", s.From.String(), []string{"*"}
		}
		for _, a := range notesOf(s) {
			r.Key, r.Value = a.Key.Text, a.Value.Text
			out = append(out, r)
		}
		for j, body := range syntax.Bodies(s) {
			out = records(out, at+"/"+branchName(s, j)+"/", body)
		}
	}
	return out
}

func branchName(s syntax.Stmt, i int) string {
	switch s := s.(type) {
	case *syntax.Choice:
		return s.Branches[i].Label.Text
	case *syntax.Case:
		return s.Branches[i].Constructor.Text
	}
	return strconv.Itoa(i)
}
