package remedy

import (
	"fmt"

	"darksite/cmd/internal/cli"
	"darksite/runbooks"
	"darksite/runbooks/engine"
)

// back shows what was shown before, one screen further back each time, and returns
// where it is. Nothing that was answered is taken back: the log is evidence.
func (t *terminal) back(s engine.Screen, at int) int {
	if at == 0 {
		t.env.Notef("%s", t.say("nothing was shown before", "rien n'a été montré avant"))
		return len(t.past)
	}
	t.show(t.past[at-1])
	t.env.Notef(t.say("this was shown before and is only read again; you are at step %d, %s", "ceci a été montré avant et n'est que relu ; vous êtes à l'étape %d, %s"), s.Step, s.Title)
	return at - 1
}

// help says what a screen is, and what each key does there.
func (t *terminal) help(s engine.Screen) {
	fmt.Fprintln(t.env.Err)
	for _, line := range cli.Wrap(t.what(s), t.env.Width()-2) {
		fmt.Fprintln(t.env.Err, "  "+line)
	}
	keys := []runbooks.Text{
		{EN: "q  stop here and go on later with runbook resume; what passed is then asked again", FR: "q  arrêter ici et reprendre plus tard avec runbook resume ; ce qui était réussi est alors redemandé"},
		{EN: "!  stop and open a case: a draft is made, and the run ends", FR: "!  arrêter et ouvrir un dossier : un projet est préparé et l'exécution finit"},
		{EN: "<  read again what was shown before", FR: "<  relire ce qui a été montré avant"},
		{EN: "?  this help", FR: "?  cette aide"},
		{EN: "Words behind an answer go into the log as a note: a the label is torn", FR: "Les mots après une réponse vont au journal comme note : a l'étiquette est déchirée"},
	}
	for _, k := range keys {
		for i, line := range cli.Wrap(k.In(t.lang), t.env.Width()-5) {
			if i > 0 {
				line = "   " + line
			}
			fmt.Fprintln(t.env.Err, "  "+line)
		}
	}
}

// what says what a person has to know of a kind of screen.
func (t *terminal) what(s engine.Screen) string {
	switch s.Kind {
	case runbooks.Check:
		return t.say("The kit has just asked this itself. PASS, FAIL or UNKNOWN is its answer and not yours to change. UNKNOWN says that data is missing or too old; it never leads where PASS leads.",
			"Le kit vient de le demander lui-même. RÉUSSI, ÉCHEC ou INCONNU est sa réponse, que vous ne changez pas. INCONNU veut dire que des données manquent ou sont trop vieilles ; cela ne mène jamais où mène RÉUSSI.")
	case runbooks.Observe:
		return t.say("Only a person can see this. Choose what you see, not what you expect. When in doubt choose that you cannot tell: that way is safe.",
			"Seule une personne peut le voir. Choisissez ce que vous voyez, pas ce que vous attendez. Dans le doute, choisissez que vous ne pouvez pas le dire : cette voie est sûre.")
	case runbooks.Confirm:
		return t.say("Say yes only when the sentence is true as it stands.", "Ne dites oui que si la phrase est vraie telle quelle.")
	case runbooks.Action:
		if s.Risk == runbooks.R1 {
			return t.say("The kit does this itself where the site allows it, after your yes. No leads on without it.", "Le kit le fait lui-même si le site le permet, après votre oui. Non mène plus loin sans cela.")
		}
		return t.say("You do this by hand; the kit looks before and after and does not touch the array. Typing the name begins it; n leaves it undone and leads on to asking for help.",
			"Vous le faites de vos mains ; le kit regarde avant et après et ne touche pas à la baie. Taper le nom commence ; n n'en fait rien et mène à une demande d'aide.")
	case runbooks.Wait:
		return t.say("The kit asks again and again until it is so or the time is over. You may stop with Ctrl-C and resume later.",
			"Le kit redemande jusqu'à ce que ce soit le cas ou que le temps soit passé. Vous pouvez arrêter avec Ctrl-C et reprendre plus tard.")
	case runbooks.Collect:
		return t.say("The kit keeps what it reads now in the folder of the run. Nothing is changed and nothing leaves the site.",
			"Le kit garde dans le dossier de l'exécution ce qu'il lit maintenant. Rien n'est modifié et rien ne sort du site.")
	case runbooks.Escalate:
		return t.say("A case draft is written. Nothing is sent: a bundle carries it, or you read it out by telephone.",
			"Un projet de dossier est écrit. Rien n'est envoyé : un paquet l'emporte, ou vous le lisez au téléphone.")
	default:
		return t.say("Read this; nothing is asked of the array.", "Lisez ceci ; rien n'est demandé à la baie.")
	}
}
