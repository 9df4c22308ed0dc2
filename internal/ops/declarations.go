package ops

// declarations is the table of contents: every operation of the system, by noun.
func declarations(d *Deps) []*Operation {
	return append(stockOperations(d), workOperations(d)...)
}

// stockOperations are the goods and what they are kept in.
func stockOperations(d *Deps) []*Operation {
	return []*Operation{
		// The eleven of the infrastructure document come first.
		d.listInventory(),
		d.getBalance(),
		d.searchAssets(),
		d.getAssetTimeline(),
		d.getMovements(),
		d.getPendingTasks(),
		d.createMovement(),
		d.reconcileSAP(),
		d.getSchemaMetadata(),
		d.getTableColumns(),
		d.getEnumValues(),

		d.getStockAsOf(),
		d.explainBalance(),
		d.listLowStock(),
		d.listAssets(),
		d.getMovement(),
		d.createMovements(),
		d.reverseMovement(),
		d.listReservations(),
		d.createReservation(),
		d.cancelReservation(),
		d.createAsset(),
		d.updateAsset(),
		d.changeAssetState(),
		d.listProjects(),
		d.createProject(),
		d.updateProject(),
		d.listLocations(),
		d.createLocation(),
		d.updateLocation(),
		d.listPartNumbers(),
		d.getPartNumber(),
		d.createPartNumber(),
		d.updatePartNumber(),
	}
}

// workOperations are what people and programs do about the goods.
func workOperations(d *Deps) []*Operation {
	return []*Operation{
		d.listCounts(),
		d.getCount(),
		d.openCount(),
		d.submitCount(),
		d.closeCount(),
		d.listDivergences(),
		d.getBalanceReport(),
		d.getReturnReport(),
		d.getDivergenceReport(),
		d.getTimelineReport(),
		d.listReconciliations(),
		d.getReconciliation(),
		d.getTask(),
		d.approveTask(),
		d.rejectTask(),
		d.commentTask(),
		d.assignTask(),
		d.escalateTask(),
		d.listTaskGroups(),
		d.approveTasks(),
		d.rejectTasks(),
		d.listAutonomy(),
		d.setAutonomy(),
		d.erasePerson(),
		d.listDocuments(),
		d.getDocument(),
		d.createUpload(),
		d.completeUpload(),
		d.attachEvidence(),
		d.verifyLedger(),
		d.listAudit(),
		d.getRelayStatus(),
		d.listDeadLetters(),
		d.retryDeadLetter(),
		d.discardDeadLetter(),
		d.createWebhook(),
		d.listWebhooks(),
		d.getWebhook(),
		d.updateWebhook(),
		d.deleteWebhook(),
		d.testWebhook(),
		d.replayWebhook(),
	}
}
