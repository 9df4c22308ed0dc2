package ops

func textCreateReservation() Text {
	return Text{
		Title:         "Reservar material",
		TitleEN:       "Create reservation",
		Description:   "Reserva uma quantidade ou seriais de um part number em um local, até um prazo, para um chamado ou projeto. Ao vencer, o material é liberado sozinho.",
		DescriptionEN: "Reserves a quantity or serials of a part number at a location until a deadline, for a ticket or project. When it expires the material is released by itself.",
		Keywords: []string{
			"reservar", "criar reserva", "separar para o chamado", "segurar material", "guardar para o técnico", "reserva com prazo",
			"create reservation", "reserve", "hold for ticket", "set aside", "allocate until",
		},
		Questions: []string{"Reserve 2 APs até sexta para o chamado 45821", "Segura um switch para o técnico Carlos", "Set aside 3 routers until Monday"},
	}
}

func textCancelReservation() Text {
	return Text{
		Title:         "Cancelar reserva",
		TitleEN:       "Cancel reservation",
		Description:   "Cancela uma reserva com um motivo e devolve o material ao disponível.",
		DescriptionEN: "Cancels a reservation with a reason and makes the material available again.",
		Keywords: []string{
			"cancelar reserva", "liberar reserva", "desistir da reserva", "soltar material reservado",
			"cancel reservation", "release reservation", "drop the hold",
		},
		Questions: []string{"Cancele a reserva do chamado 45821", "Libere o material que estava reservado", "Cancel the hold on these routers"},
	}
}

func textListReservations() Text {
	return Text{
		Title:         "Listar reservas",
		TitleEN:       "List reservations",
		Description:   "Lista as reservas por situação, chamado, part number, local e prazo.",
		DescriptionEN: "Lists the reservations by state, ticket, part number, location and deadline.",
		Keywords: []string{
			"listar reservas", "reservas abertas", "reservas vencendo", "quem reservou", "reservas do chamado",
			"list reservations", "open reservations", "expiring reservations", "who reserved",
		},
		Questions: []string{"Quais reservas vencem esta semana?", "Quem reservou o ISR4331?", "Which reservations are open?"},
	}
}
