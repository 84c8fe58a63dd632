package program

import (
	"fmt"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/choreo/draw"
	seen "github.com/aura-runtime/aura/domain/session"
)

// drawSession draws what happened in a session, with the own role first. It is the [cli.Shell.Draw] of this command.
func drawSession(s *seen.Shown, svg bool) ([]byte, error) {
	own := choreo.Role(s.Session.Role)
	story := draw.Story{Title: fmt.Sprintf("%s, session %s", s.Session.Protocol, aura.Short(s.Session.Name)), Roles: []choreo.Role{own}}
	if s.Earlier > 0 {
		story.Title += fmt.Sprintf(", from message %d on", s.Earlier+1)
	}
	in := map[choreo.Role]string{} // the fragments of a protocol that links bundles
	for i, f := range s.Session.Fragments {
		role := s.Session.Role
		if i > 0 && i <= len(s.Session.Others) {
			role = s.Session.Others[i-1].Role
		}
		in[choreo.Role(role)] = f
		story.Title += fmt.Sprintf(", %s in %s", role, f)
	}
	for _, p := range s.Session.Others {
		story.Roles = append(story.Roles, choreo.Role(p.Role))
	}
	for i := range s.Steps {
		step := &s.Steps[i]
		m := draw.Message{From: choreo.Role(step.Other), To: own, Label: step.Label}
		if step.Sent {
			m.From, m.To = m.To, m.From
		}
		if step.Guard != nil {
			m.Note = step.Guard.String()
		}
		if in[m.From] != in[m.To] {
			m.Note = strings.TrimPrefix(m.Note+", across the boundary", ", ")
		}
		story.Messages = append(story.Messages, m)
	}
	if svg {
		return story.SVG()
	}
	return story.Text()
}
